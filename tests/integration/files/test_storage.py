"""Where bytes lie, and that they are on the disk when an upload is answered."""

import os
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from apps.common import storage
from apps.files.models import FILES
from tests.integration.files.conftest import stored_files


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What has been flushed to the disk so far, in order; the flush itself is real."""
    paths: list[Path] = []
    flush = os.fsync

    def note(descriptor: int) -> None:
        flush(descriptor)
        paths.append(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "fsync", note)
    return paths


def test_bytes_are_flushed_and_every_folder_that_had_to_be_made_for_them(media: Path, flushed: list[Path]) -> None:
    media.mkdir()

    stored = media / storage.keep(FILES, ContentFile(b"x"))

    assert flushed == [stored, stored.parent, media / "files", media]


def test_in_a_folder_that_is_there_only_the_bytes_and_their_entry_are_flushed(
    media: Path, flushed: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = iter(["files/00/first", "files/00/second"])
    monkeypatch.setattr(storage, "new_name", lambda _folder: next(names))
    storage.keep(FILES, ContentFile(b"x"))
    flushed.clear()

    storage.keep(FILES, ContentFile(b"y"))

    assert flushed == [media / "files/00/second", media / "files/00"]


def test_bytes_that_cannot_be_flushed_are_not_kept(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(OSError, match="Input/output error"):
        storage.keep(FILES, ContentFile(b"x"))

    assert not stored_files(media)


def test_a_name_is_never_given_twice_and_says_nothing_of_the_client() -> None:
    names = {storage.new_name(FILES) for _ in range(1000)}

    assert len(names) == 1000
    assert all(name.removeprefix("files/")[:2] == name.rpartition("/")[2][:2] for name in names)


def test_removing_what_is_gone_or_has_no_name_is_no_error(media: Path) -> None:
    name = storage.keep(FILES, ContentFile(b"x"))

    storage.remove([name, name, ""])

    assert not stored_files(media)
