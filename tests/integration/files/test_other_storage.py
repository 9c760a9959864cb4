"""Media in a storage that has no paths, as S3 has none: all the same answers."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.test import Client

from apps.common import orphans, storage
from apps.files import models, tasks
from tests import factories
from tests.integration.files.conftest import FILES, Upload, stored_files

pytestmark = pytest.mark.django_db


class PathlessStorage(Storage):
    """As far as callers can see, what S3 is to Django: it copies what it is given, and has no paths."""

    def __init__(self) -> None:
        self.bucket = bucket = FileSystemStorage(settings.MEDIA_ROOT.parent / "bucket")
        self.delete, self.exists, self.listdir = bucket.delete, bucket.exists, bucket.listdir
        self.size, self.get_modified_time = bucket.size, bucket.get_modified_time

    def _save(self, name: str, content: File) -> str:
        return self.bucket.save(name, File(content.file))

    def _open(self, name: str, mode: str) -> File:
        return self.bucket.open(name, mode)


@pytest.fixture(autouse=True)
def pathless_storage(settings: Any, media: Path) -> None:
    pathless = {"BACKEND": f"{__name__}.PathlessStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": pathless}


def test_a_file_is_uploaded_processed_sent_and_deleted(
    client: Client, upload: Upload, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    content = factories.png_bytes(300, 300)
    file_id = upload(content, "photo.png", "image/png")["id"]

    tasks.process_file(file_id)
    part = client.get(f"{FILES}{file_id}/content/", headers={"Range": "bytes=1-3"})
    thumbnail = client.get(f"{FILES}{file_id}/thumbnail/")

    file = models.File.objects.get()
    assert file.status == "processed"
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"PNG")
    assert b"".join(thumbnail.streaming_content).startswith(b"RIFF")
    assert not stored_files(media)  # neither the upload's temporary file nor the task's copy

    with django_capture_on_commit_callbacks(execute=True):
        client.delete(f"{FILES}{file_id}/")
    assert not default_storage.exists(file.file.name)
    assert not default_storage.exists(file.thumbnail.name)


def test_a_task_works_on_a_copy_that_is_gone_afterwards(media: Path) -> None:
    file = factories.make_file(b"bytes")

    with storage.on_disk(file.file.name) as path:
        assert path.read_bytes() == b"bytes"
        assert path.parent == media / "incoming"

    assert not path.exists()


def test_orphans_are_found_there_too(monkeypatch: pytest.MonkeyPatch) -> None:
    file = factories.make_file()
    orphan = factories.make_file()
    models.File.objects.filter(pk=orphan.pk).delete()
    monkeypatch.setattr(orphans, "AGE", -orphans.AGE)  # everything is old enough

    tasks.sweep_orphans()

    assert default_storage.exists(file.file.name)
    assert not default_storage.exists(orphan.file.name)


def test_bytes_that_a_network_has_to_bring_are_not_sent_from_the_main_loop_of_the_server(
    client: Client, upload: Upload
) -> None:
    answer = client.get(f"{FILES}{upload(b'some bytes')['id']}/content/")
    assert getattr(answer, "file_to_stream", None) is None  # what Django hands to the server's file wrapper
    assert b"".join(answer.streaming_content) == b"some bytes"
    assert answer.headers["Content-Length"] == "10"
