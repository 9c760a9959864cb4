"""POST /api/v1/upload/."""

import errno
import os
import threading
from pathlib import Path
from typing import Any

import pytest
import redis
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.files.models import File
from apps.tasks.models import Invocation
from tests import factories
from tests.integration.files.conftest import FILES, UPLOAD, Upload, stored_files

pytestmark = pytest.mark.django_db


class FullStorage(FileSystemStorage):
    """A disk without room."""

    def _save(self, name: str, content: Any) -> str:  # noqa: ARG002 — a storage's signature
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def one_file(name: str, content: bytes = b"hello\n", content_type: str = "text/plain") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, content, content_type)}


def first_word(sql: str) -> str:
    return " ".join(line for line in sql.splitlines() if not line.startswith("--")).split()[0].rstrip(";")


def test_an_upload_answers_201_with_the_whole_file_object_and_its_location(client: Client) -> None:
    answer = client.post(UPLOAD, one_file("photo.png", factories.png_bytes(), "image/png"))

    file = File.objects.get()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{FILES}{file.pk}/"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "id": file.pk,
        "url": f"http://testserver{FILES}{file.pk}/",
        "file": f"http://testserver{FILES}{file.pk}/content/",
        "name": "photo.png",
        "size": len(factories.png_bytes()),
        "content_type": "image/png",
        "kind": "image",
        "uploaded_at": file.uploaded_at.isoformat().replace("+00:00", "Z"),
        "processed": False,
        "status": "queued",
        "progress": 0,
        "processed_at": None,
        "error": None,
        "result": None,
    }


def test_the_members_come_in_the_order_of_the_contract(upload: Upload) -> None:
    assert list(upload()) == [
        "id", "url", "file", "name", "size", "content_type", "kind", "uploaded_at",
        "processed", "status", "progress", "processed_at", "error", "result",
    ]  # fmt: skip


def test_the_bytes_are_stored_under_a_name_of_ours_and_nothing_else_stays(upload: Upload, media: Path) -> None:
    upload(b"some bytes", "secret name.html")

    (stored,) = stored_files(media)
    assert stored.read_bytes() == b"some bytes"
    assert stored == media / File.objects.get().file.name
    assert stored.parent.parent == media / "files"
    assert len(stored.name) == 32
    assert stored.name.isalnum()
    assert oct(stored.stat().st_mode & 0o777) == "0o640"


def test_the_task_is_recorded_with_the_row_and_knows_it(upload: Upload) -> None:
    file_id = upload()["id"]

    invocation = Invocation.objects.get()
    assert invocation.actor == "files.process_file"
    assert invocation.id == File.objects.get(pk=file_id).invocation_id


def test_what_else_the_client_sends_is_ignored(client: Client) -> None:
    extra = {"processed": "true", "status": "processed", "id": "99", "kind": "video", "name": "x", "result": "{}"}

    answer = client.post(UPLOAD, one_file("a.txt") | extra).json()

    file = File.objects.get()
    assert (file.processed, file.status, file.kind, file.name) == (False, "queued", "text", "a.txt")
    assert (answer["processed"], answer["status"]) == (False, "queued")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        pytest.param({}, "no_file", id="an empty form"),
        pytest.param({"other": "x"}, "no_file", id="no file field"),
        pytest.param({"file": "just text"}, "no_file", id="a text in place of the file"),
        pytest.param({"document": SimpleUploadedFile("a.txt", b"x")}, "no_file", id="another field's name"),
        pytest.param({"file": SimpleUploadedFile("a.txt", b"")}, "empty_file", id="an empty file"),
        pytest.param(
            {"file": [SimpleUploadedFile("a.txt", b"1"), SimpleUploadedFile("b.txt", b"2")]},
            "several_files",
            id="two files in one field",
        ),
        pytest.param(
            {"file": SimpleUploadedFile("a.txt", b"1"), "more": SimpleUploadedFile("b.txt", b"2")},
            "several_files",
            id="two files in two fields",
        ),
    ],
)
def test_a_form_without_exactly_one_file_is_refused(
    client: Client, media: Path, form: dict[str, Any], code: str
) -> None:
    answer = client.post(UPLOAD, form)

    problem = answer.json()
    assert answer.status_code == problem["status"] == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [(error["field"], error["code"]) for error in problem["errors"]] == [("file", code)]
    assert not File.objects.exists()
    assert not stored_files(media)


@pytest.mark.parametrize("content_type", ["application/json", "text/csv", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("body", [b"x=1", b""], ids=["some bytes", "no bytes"])
def test_a_body_that_is_no_multipart_form_is_415(client: Client, content_type: str, body: bytes) -> None:
    answer = client.generic("POST", UPLOAD, body, CONTENT_TYPE=content_type)

    assert answer.status_code == 415
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_neither_a_type_nor_a_body_is_no_file(client: Client) -> None:
    answer = client.generic("POST", UPLOAD)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "no_file"


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_are_405_and_named(client: Client, method: str) -> None:
    answer = getattr(client, method)(UPLOAD)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST, OPTIONS"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\\\photos\\\\me.png", "me.png"),
        ("report\u202etxt.exe", "reporttxt.exe"),
        ("Отчёт за год.csv", "Отчёт за год.csv"),
        ("-rf", "-rf"),
        ("CON", "CON"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
        ("a;b,c'd&amp;.txt", "a;b,c'd&amp;.txt"),
    ],
)
def test_a_name_never_fails_an_upload(client: Client, sent: str, kept: str) -> None:
    body, content_type = factories.multipart_body(
        (f'Content-Disposition: form-data; name="file"; filename="{sent}"\r\nContent-Type: text/plain', b"x\n")
    )

    answer = client.post(UPLOAD, body, content_type=content_type)

    assert answer.status_code == 201
    assert answer.json()["name"] == kept


def test_the_declared_type_decides_nothing_and_is_kept(client: Client) -> None:
    answer = client.post(UPLOAD, one_file("photo.png", b"plain words\n", "image/png")).json()

    assert (answer["kind"], answer["content_type"]) == ("text", "text/plain")
    assert File.objects.get().declared_type == "image/png"


@pytest.mark.django_db(transaction=True)
def test_an_upload_is_four_statements_and_one_ring_of_the_bell(
    client: Client, redis_client: "redis.Redis[Any]"
) -> None:
    client.post(UPLOAD, one_file("warm.txt"))
    redis_client.config_resetstat()

    with CaptureQueriesContext(connection) as queries:
        client.post(UPLOAD, one_file("a.txt"))

    assert [first_word(query["sql"]) for query in queries] == ["BEGIN", "INSERT", "INSERT", "COMMIT"]
    assert {name for name in redis_client.info("commandstats") if "config" not in name} == {"cmdstat_zadd"}


def test_a_full_disk_is_507_and_leaves_no_row(client: Client, settings: Any) -> None:
    full = {"BACKEND": "tests.integration.files.test_upload.FullStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": full}

    answer = client.post(UPLOAD, one_file("a.txt"))

    assert answer.status_code == 507
    assert answer.json()["status"] == 507
    assert not File.objects.exists()
    assert not Invocation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_failing_transaction_leaves_neither_row_nor_bytes(media: Path) -> None:
    # The task's row is refused by the database, after the file's was written.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tasks_invocation ADD CONSTRAINT refused CHECK (actor <> 'files.process_file')")
    try:
        answer = Client(raise_request_exception=False).post(UPLOAD, one_file("a.txt"))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE tasks_invocation DROP CONSTRAINT refused")

    assert answer.status_code == 500
    assert not File.objects.exists()
    assert not stored_files(media)


@pytest.mark.django_db(transaction=True)
def test_a_failing_commit_keeps_the_bytes_for_its_outcome_is_not_known(media: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$")
        cursor.execute(
            "CREATE CONSTRAINT TRIGGER broken AFTER INSERT ON files_file"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION break()"
        )
    try:
        answer = Client(raise_request_exception=False).post(UPLOAD, one_file("a.txt"))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION break() CASCADE")

    assert answer.status_code == 500
    assert not File.objects.exists()
    assert len(stored_files(media)) == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_uploads_of_the_same_name_are_two_files_with_their_own_bytes(media: Path) -> None:
    start = threading.Barrier(2)

    def send(content: bytes) -> None:
        try:
            start.wait(10)
            assert Client().post(UPLOAD, one_file("same.txt", content)).status_code == 201
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=(content,)) for content in (b"first\n", b"second\n")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    stored = {Path(media / file.file.name).read_bytes() for file in File.objects.filter(name="same.txt")}
    assert stored == {b"first\n", b"second\n"}


def test_an_unreachable_database_is_503_and_leaves_no_bytes(client: Client, media: Path) -> None:
    def refuse(*_args: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(refuse):
        answer = client.post(UPLOAD, one_file("a.txt"))

    assert answer.status_code == 503
    assert "server closed" not in answer.content.decode()
    assert not stored_files(media)
