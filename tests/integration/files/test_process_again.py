"""POST /api/v1/files/{id}/process/."""

import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection, connections, transaction
from django.test import Client

from apps.common import storage
from apps.files import lifecycle, tasks
from apps.files.models import THUMBNAILS, File
from apps.tasks.models import Invocation
from tests import factories
from tests.integration.files.conftest import FILES, Upload, stored_files
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db


def process_url(file_id: int) -> str:
    return f"{FILES}{file_id}/process/"


@pytest.mark.parametrize("status", ["processed", "failed"])
def test_an_ended_file_is_queued_again_as_if_just_uploaded(client: Client, status: str) -> None:
    file = factories.make_file(
        status=status, progress=100, result={"lines": 1}, error_code="x", error_detail="y", invocation_id="first"
    )

    answer = client.post(process_url(file.pk))

    assert answer.status_code == 202
    shown = answer.json()
    assert shown == client.get(f"{FILES}{file.pk}/").json()
    expected = {
        "status": "queued",
        "processed": False,
        "progress": 0,
        "processed_at": None,
        "error": None,
        "result": None,
    }
    assert {name: shown[name] for name in expected} == expected
    file.refresh_from_db()
    assert Invocation.objects.get().id == file.invocation_id != "first"
    assert (file.error_code, file.error_detail) == ("", "")


@pytest.mark.parametrize("status", ["queued", "processing"])
def test_while_a_file_waits_or_is_processed_nothing_new_starts(client: Client, status: str) -> None:
    file = factories.make_file(status=status, invocation_id="first")

    answer = client.post(process_url(file.pk))

    assert (answer.status_code, answer.json()["status"]) == (202, status)
    assert not Invocation.objects.exists()
    file.refresh_from_db()
    assert file.invocation_id == "first"


def test_processing_again_makes_the_result_and_a_new_thumbnail_and_removes_the_old_one(
    client: Client, upload: Upload, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    file_id = upload(factories.png_bytes(), "photo.png", "image/png")["id"]
    tasks.process_file(file_id)
    first = File.objects.get().thumbnail.name

    with django_capture_on_commit_callbacks(execute=True):
        client.post(process_url(file_id))
    assert not (media / first).exists()
    assert not File.objects.get().thumbnail
    tasks.process_file(file_id)

    file = File.objects.get()
    assert file.status == "processed"
    assert file.thumbnail.name != first
    assert len(stored_files(media)) == 2


def test_an_unknown_file_is_404(client: Client) -> None:
    assert client.post(process_url(1)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_thumbnail_of_a_run_that_ends_at_this_moment_goes_as_well(client: Client, media: Path) -> None:
    file = factories.make_file(status="processing")
    thumbnail = storage.keep(THUMBNAILS, ContentFile(b"pixels"))
    has_written = threading.Event()

    def end_slowly() -> None:
        with closing(connections["default"]), transaction.atomic():
            lifecycle.succeed(file.pk, result={}, thumbnail=thumbnail)
            has_written.set()
            wait_until(somebody_waits_for_this_transaction, 10, "the request has come to the row")

    thread = threading.Thread(target=end_slowly)
    thread.start()
    assert has_written.wait(10)
    answer = client.post(process_url(file.pk))
    thread.join(10)

    assert answer.json()["status"] == "queued"
    assert stored_files(media) == [media / file.stored_name]


def somebody_waits_for_this_transaction() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_of_many_requests_at_once_one_starts_the_processing() -> None:
    file = factories.make_file(status="processed")
    start = threading.Barrier(4)
    answers = []

    def ask() -> None:
        try:
            start.wait(10)
            answers.append(Client().post(process_url(file.pk)))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [answer.status_code for answer in answers] == [202] * 4
    assert {answer.json()["status"] for answer in answers} == {"queued"}
    assert Invocation.objects.count() == 1
