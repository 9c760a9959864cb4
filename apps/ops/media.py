"""Media in S3-compatible storage, behind the same few calls as a folder: see `apps.common.storage`.

django-storages does the talking. What is its own here: reading takes from the bucket what is read, and nothing before
or behind it; an object that is not there is a FileNotFoundError; a service that does not answer is an error of its own.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any, cast

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

from apps.common.errors import DomainError

NOT_THERE = {"404", "NoSuchKey", "NotFound"}


class MediaAwayError(DomainError):
    """The storage of files does not answer. Try again later."""

    code = "media_unavailable"
    status = 503


class S3Media(S3Storage):  # type: ignore[misc]
    """For STORAGES. A bucket that is public by mistake still shows nothing in a browser."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            **options,
            default_acl=None,  # the bucket's owner decides who reads it
            object_parameters={"ContentType": "application/octet-stream", "ContentDisposition": "attachment"},
            file_overwrite=True,  # a name is used once, so nobody has to ask whether it is taken
            transfer_config=TransferConfig(use_threads=False),  # one part of 8 MiB in memory, not ten
            client_config=Config(
                connect_timeout=5,
                read_timeout=20,
                retries={"max_attempts": 2, "mode": "standard"},
                signature_version="s3v4",
                # A service of one's own seldom has a host name for each bucket.
                s3={"addressing_style": "path" if options.get("endpoint_url") else "auto"},
            ),
        )

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        if mode != "rb":
            raise ValueError(f"stored bytes are read as they are, not with mode {mode!r}")
        with _told():
            return File(cast("IO[bytes]", Object(self.bucket.Object(name))), name=name)

    def _save(self, name: str, content: "File[bytes]") -> str:
        with _told():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with _told():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _told():
            return bool(super().exists(name))

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with _told():
            folders, names = super().listdir(path)
        return folders, names

    def size(self, name: str) -> int:
        with _told():
            return int(super().size(name))

    def get_modified_time(self, name: str) -> datetime:
        with _told():
            modified: datetime = super().get_modified_time(name)
        return modified


class Object(io.RawIOBase):
    """An object of a bucket as a file: one request for what is read in a row, a new one after a jump."""

    def __init__(self, remote: Any) -> None:
        self._stream: Any = None  # first: one that turns out to be missing is closed as well
        self._remote = remote
        self._size: int = remote.content_length  # asks, so one that is not there is found missing now
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        position = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if position != self._position:
            self._hang_up()
            self._position = position
        return position

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._size - self._position)
        wanted = left if size < 0 else min(size, left)
        if not wanted:
            return b""
        with _told():
            if self._stream is None:
                self._stream = self._remote.get(Range=f"bytes={self._position}-")["Body"]
            block: bytes = self._stream.read(wanted)
        self._position += len(block)
        return block

    def close(self) -> None:
        self._hang_up()
        super().close()

    def _hang_up(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


@contextmanager
def _told() -> Iterator[None]:
    """What boto3 raises, in the words that the rest of the service knows."""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in NOT_THERE:
            raise FileNotFoundError(str(error)) from error
        raise MediaAwayError from error
    except BotoCoreError as error:
        raise MediaAwayError from error
