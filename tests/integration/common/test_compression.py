"""What is compressed for who accepts gzip, and what is never."""

import gzip

import pytest
from django.test import Client

from apps.pages import services
from apps.pages.models import Text
from tests import factories

pytestmark = pytest.mark.django_db

GZIP = {"accept-encoding": "gzip"}


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/api/v1/files/", "application/json"),
        ("/api/v1/files/", "text/html"),
        ("/api/schema/", "application/yaml"),
        ("/api/v1/pages/?page_size=100", "application/json"),
        ("/admin/login/", "text/html"),
    ],
)
def test_texts_are_compressed_for_who_accepts_it(client: Client, path: str, accept: str) -> None:
    for number in range(5):
        factories.make_file(name=f"{number}.txt")
        services.create_page(title=f"Page {number}")

    plain = client.get(path, headers={"accept": accept})
    packed = client.get(path, headers={"accept": accept, **GZIP})

    assert packed["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain
    assert len(packed.content) == int(packed["Content-Length"]) < len(plain.content)
    assert gzip.decompress(packed.content)[:20] == plain.content[:20]
    assert "accept-encoding" in packed["Vary"].lower()
    assert "accept-encoding" in plain["Vary"].lower()


def test_a_page_is_too(client: Client) -> None:
    page = services.create_page(title="Long")
    services.create_content(Text, page.pk, title="History", text="Long ago. " * 100)

    packed = client.get(f"/api/v1/pages/{page.pk}/", headers=GZIP)

    assert packed["Content-Encoding"] == "gzip"
    assert b"Long ago. Long ago." in gzip.decompress(packed.content)


def test_a_files_bytes_are_sent_as_they_are_and_in_parts(client: Client) -> None:
    file = factories.make_file(b"Long ago. " * 100)
    address = f"/api/v1/files/{file.pk}/content/"

    whole = client.get(address, headers=GZIP)
    part = client.get(address, headers={**GZIP, "range": "bytes=0-299"})

    assert "Content-Encoding" not in whole
    assert "Content-Encoding" not in part
    assert (part.status_code, part["Content-Length"], part["ETag"]) == (206, "300", whole["ETag"])
    assert not whole["ETag"].startswith("W/")


def test_a_short_answer_is_not_worth_it(client: Client) -> None:
    assert "Content-Encoding" not in client.get("/health/live/", headers=GZIP)
