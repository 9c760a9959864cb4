"""The sweep of bytes that crashes left behind."""

import logging
import os
import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common import orphans, storage
from apps.files import tasks
from apps.files.models import FILES, THUMBNAILS
from apps.tasks import schedules
from tests import factories
from tests.integration.files.conftest import stored_files

pytestmark = pytest.mark.django_db

HOURS = 3600


def age(path: Path, seconds: float) -> Path:
    moment = time.time() - seconds
    os.utime(path, (moment, moment))
    return path


def keep_orphan(media: Path, *, hours: float, folder: str = FILES) -> Path:
    return age(media / storage.keep(folder, ContentFile(b"x")), hours * HOURS)


def test_old_bytes_without_a_row_go_and_everything_else_stays(media: Path) -> None:
    thumbnail = storage.keep(THUMBNAILS, ContentFile(b"small"))
    file = factories.make_file(status="processed", thumbnail=thumbnail)
    known = [age(media / name, 48 * HOURS) for name in (file.file.name, thumbnail)]
    fresh = keep_orphan(media, hours=0.9)
    for folder in (FILES, THUMBNAILS):
        keep_orphan(media, hours=1.1, folder=folder)

    tasks.sweep_orphans()

    assert stored_files(media) == sorted([*known, fresh])


def test_uploads_that_broke_off_go_after_an_hour(media: Path) -> None:
    incoming = media / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "old.upload").write_bytes(b"x")
    (incoming / "new.upload").write_bytes(b"x")
    age(incoming / "old.upload", 1.1 * HOURS)

    tasks.sweep_orphans()

    assert stored_files(media) == [incoming / "new.upload"]


def test_bytes_that_go_while_the_sweep_looks_are_not_old() -> None:
    assert not storage.is_older("files/00/gone", timedelta())


def test_an_empty_media_folder_is_no_error() -> None:
    tasks.sweep_orphans()


def test_rows_are_asked_for_in_batches(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "new_name", lambda folder: f"{folder}/00/{uuid4().hex}")
    monkeypatch.setattr(orphans, "SWEEP_BATCH", 4)
    for _ in range(10):
        factories.make_file()

    with CaptureQueriesContext(connection) as queries:
        tasks.sweep_orphans()

    assert len(queries) == 3
    assert len(stored_files(media)) == 10


def test_a_database_that_knows_hardly_any_of_the_files_has_none_removed(
    media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(orphans.MOST_ORPHANS + 1):
        keep_orphan(media, hours=2)
    factories.make_file()

    with caplog.at_level(logging.ERROR):
        tasks.sweep_orphans()

    assert len(stored_files(media)) == orphans.MOST_ORPHANS + 2
    assert [record.action for record in caplog.records] == ["sweep_refused"]


def test_the_sweep_is_sent_once_an_hour() -> None:
    declared = schedules.declared()["files.sweep_orphans"]

    assert (declared.task, declared.timing.text) == ("files.sweep_orphans", "every 3600 s")
