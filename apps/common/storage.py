"""Where the bytes lie: their names, storing them, opening them, removing them, whatever the storage is.

A stored name is ours alone: nothing a client sent is part of it, it is used once, and the bytes under it
never change. So a name is also the bytes' version.
"""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.files import File as Bytes
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone


def new_name(folder: str) -> str:
    """A name nobody has: `files/3f/3f…`.

    One level of 256 folders: ten million files are forty thousand a folder, which ext4 and XFS do not feel,
    and making a folder is soon a rare event. With two levels most uploads would make one, at 0.1 ms more.
    """
    identifier = uuid4().hex
    return f"{folder}/{identifier[:2]}/{identifier}"


def keep(folder: str, content: "Bytes[bytes]") -> str:
    """Store the bytes under a new name, which is returned; from here on they survive a power cut.

    An upload's temporary file lies in the same file system and is renamed, whatever its size.
    """
    name = new_name(folder)
    path = _path_of(name)
    folders = _folders_to_flush(path) if path else []
    default_storage.save(name, content)
    try:
        if path:
            _flush(path, *folders)
    except OSError:
        default_storage.delete(name)
        raise
    return name


@contextmanager
def kept_with_row(folder: str, content: "Bytes[bytes]") -> Iterator[str]:
    """Store the bytes, and give their name to the block, which is the transaction that writes their row.

    A row always has its bytes: they come before it, and go again when the block fails. When COMMIT itself fails, as
    when the connection breaks under it, the row may be there all the same: then the bytes stay, and in an hour the
    sweep of orphans knows.
    """
    name = keep(folder, content)
    committing = False
    try:
        with transaction.atomic():
            yield name
            committing = True
    except BaseException:
        if not committing:
            remove([name])
        raise


def remove(names: Iterable[str]) -> None:
    """Remove what is stored under these names; empty names and names already gone are no error."""
    for name in names:
        if name:
            default_storage.delete(name)


@contextmanager
def opened(name: str) -> Iterator["Bytes[bytes]"]:
    """The bytes, to be read from their beginning."""
    with default_storage.open(name) as stored:
        yield stored


@contextmanager
def on_disk(name: str) -> Iterator[Path]:
    """A path with the bytes: their own where the storage is a folder, else a copy, removed afterwards."""
    path = _path_of(name)
    if path is not None:
        yield path
        return
    incoming = Path(settings.FILE_UPLOAD_TEMP_DIR)  # the disk that has room for uploads has room for this
    incoming.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=incoming, prefix="copy-") as copy:
        with default_storage.open(name) as stored:
            for block in stored.chunks():
                copy.write(block)
        copy.flush()
        yield Path(copy.name)


def is_local(name: str) -> bool:
    """Whether reading these bytes waits for nobody but this machine's disk."""
    return _path_of(name) is not None


def stored_names(folder: str) -> Iterator[list[str]]:
    """Every name stored below `folder`, one list for each of its folders."""
    for shard in _listed(folder)[0]:
        yield [f"{folder}/{shard}/{name}" for name in _listed(f"{folder}/{shard}")[1]]


def is_older(name: str, age: timedelta) -> bool:
    """Whether the bytes have been there for so long; not when they are gone."""
    try:
        return bool(default_storage.get_modified_time(name) < timezone.now() - age)
    except FileNotFoundError:
        return False


def remove_stale_uploads(age: timedelta) -> int:
    """Remove the temporary files of uploads that broke off so long ago; returns how many."""
    oldest = time.time() - age.total_seconds()
    removed = 0
    for path in Path(settings.FILE_UPLOAD_TEMP_DIR).glob("*"):
        with suppress(FileNotFoundError):  # it ended while we looked
            if path.is_file() and path.stat().st_mtime < oldest:
                path.unlink()
                removed += 1
    return removed


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        folders, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
    return folders, names


def _path_of(name: str) -> Path | None:
    """The path in the file system; None where the storage has none (S3)."""
    try:
        return Path(default_storage.path(name))
    except NotImplementedError:
        return None


def _folders_to_flush(path: Path) -> list[Path]:
    """The folder the file will be in, and those above it as far as they have still to be made."""
    folders = [path.parent]
    while not folders[-1].exists():
        folders.append(folders[-1].parent)
    return folders


def _flush(*entries: Path) -> None:
    """Bring a file and its folders to the disk, in this order.

    After the rename, not before: the flush of the file then carries the journal entry of the rename with it and
    those of the folders have little left to do. Measured for 10 KB on a quiet ext4: the file 0.2 ms, two folders
    0.1 ms more. A disk that others keep busy takes milliseconds, and the commit of the row waits for it as well.
    """
    for entry in entries:
        descriptor = os.open(entry, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
