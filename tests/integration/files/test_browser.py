"""The API in a browser: REST framework's pages, with the form that uploads."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests import factories
from tests.integration.files.conftest import FILES, UPLOAD

pytestmark = pytest.mark.django_db

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}


def assert_has_upload_form(page: str) -> None:
    assert f'<form action="{UPLOAD}" method="POST" enctype="multipart/form-data"' in page
    assert re.search(r'<input name="file"\s+type="file"', page)


def page_of(answer: Any) -> str:
    assert answer.headers["Content-Type"].startswith("text/html")
    return answer.content.decode()


def test_the_page_of_upload_shows_the_form(client: Client) -> None:
    assert_has_upload_form(page_of(client.get(UPLOAD, headers=BROWSER)))


def test_the_form_uploads_and_is_shown_again(client: Client) -> None:
    answer = client.post(UPLOAD, {"file": SimpleUploadedFile("Отчёт.txt", b"words\n")}, headers=BROWSER)

    page = page_of(answer)
    assert answer.status_code == 201
    assert "Отчёт.txt" in page
    assert_has_upload_form(page)


def test_the_form_without_a_file_says_so_on_a_page(client: Client) -> None:
    answer = client.post(UPLOAD, {}, headers=BROWSER)

    assert answer.status_code == 400
    assert "No file was sent" in page_of(answer)


@pytest.mark.parametrize("path", ["", "{id}/"])
def test_list_and_file_have_pages(client: Client, path: str) -> None:
    file = factories.make_file(name="<b>bold</b>.txt")

    page = page_of(client.get(FILES + path.format(id=file.pk), headers=BROWSER))

    assert "&lt;b&gt;bold" in page
    assert "<b>bold" not in page


def test_the_page_of_process_can_post(client: Client) -> None:
    file = factories.make_file(status="failed")

    page = page_of(client.get(f"{FILES}{file.pk}/process/", headers=BROWSER))

    assert 'method="POST"' in page
