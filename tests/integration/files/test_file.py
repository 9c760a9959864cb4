"""GET and DELETE /api/v1/files/{id}/."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.common import storage
from apps.files.models import THUMBNAILS, File
from tests import factories
from tests.integration.files.conftest import FILES, stored_files

pytestmark = pytest.mark.django_db

PATHS = ["", "content/", "thumbnail/"]


def test_a_file_is_shown_with_its_result_in_one_query(client: Client) -> None:
    file = factories.make_file(status="processed", result={"lines": 1}, progress=100)

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(f"{FILES}{file.pk}/")

    assert answer.status_code == 200
    assert answer.json()["result"] == {"lines": 1}
    assert (answer.json()["processed"], answer.json()["status"]) == (True, "processed")
    assert len(queries) == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("file_id", ["1", "0", "99999999999999999999999999"])
def test_an_unknown_file_is_404(client: Client, path: str, file_id: str) -> None:
    answer = client.get(f"{FILES}{file_id}/{path}")

    assert answer.status_code == answer.json()["status"] == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["-1/", "x/", "1/unknown/"])
def test_an_unknown_path_is_404(client: Client, path: str) -> None:
    assert client.get(f"{FILES}{path}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("post", "", "GET, HEAD, OPTIONS"),
        ("put", "1/", "GET, DELETE, HEAD, OPTIONS"),
        ("patch", "1/", "GET, DELETE, HEAD, OPTIONS"),
        ("post", "1/content/", "GET, HEAD, OPTIONS"),
        ("delete", "1/thumbnail/", "GET, HEAD, OPTIONS"),
        ("get", "1/process/", "POST, OPTIONS"),
    ],
)
def test_a_wrong_method_is_405_and_the_right_ones_are_named(
    client: Client, method: str, path: str, allowed: str
) -> None:
    answer = getattr(client, method)(f"{FILES}{path}")

    assert answer.status_code == 405
    assert answer.headers["Allow"] == allowed


def test_a_client_cannot_change_a_file(client: Client) -> None:
    file = factories.make_file()

    client.patch(f"{FILES}{file.pk}/", {"processed": True}, content_type="application/json")

    assert not File.objects.get().processed


def test_delete_removes_row_bytes_and_thumbnail(
    client: Client, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    thumbnail = storage.keep(THUMBNAILS, ContentFile(b"small"))
    file = factories.make_file(status="processed", thumbnail=thumbnail)
    other = factories.make_file(b"stays\n")

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.delete(f"{FILES}{file.pk}/")
        kept_until_the_commit = len(stored_files(media))

    assert answer.status_code == 204
    assert answer.content == b""
    assert kept_until_the_commit == 3
    assert stored_files(media) == [media / other.file.name]
    assert client.get(f"{FILES}{file.pk}/").status_code == 404


def test_deleting_twice_is_404_the_second_time(client: Client) -> None:
    file = factories.make_file()

    assert client.delete(f"{FILES}{file.pk}/").status_code == 204
    assert client.delete(f"{FILES}{file.pk}/").status_code == 404


def test_bytes_that_are_already_gone_do_not_fail_a_delete(
    client: Client, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    file = factories.make_file()
    (media / file.file.name).unlink()

    with django_capture_on_commit_callbacks(execute=True):
        assert client.delete(f"{FILES}{file.pk}/").status_code == 204


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        pytest.param({"processed": True}, "file_processed_is_status", id="processed without the status"),
        pytest.param({"status": "processed", "processed": False}, "file_processed_is_status", id="the reverse"),
        pytest.param({"status": "lost"}, "file_status_known", id="an unknown status"),
        pytest.param({"progress": 101}, "file_progress_bounded", id="more than all"),
        pytest.param({"size": 0}, "file_size_positive", id="no bytes"),
    ],
)
def test_the_database_refuses_a_contradiction(fields: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        factories.file_row(**fields).save()
