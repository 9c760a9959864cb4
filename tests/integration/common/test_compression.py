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


@pytest.mark.parametrize("accepted", ["gzip;q=0", "br, gzip; q=0.0", "GZIP;q=0.000, br"])
def test_who_refuses_gzip_does_not_get_it(client: Client, accepted: str) -> None:
    answer = client.get("/admin/login/", headers={"accept-encoding": accepted})
    assert "Content-Encoding" not in answer
    assert "accept-encoding" in answer["Vary"].lower()


@pytest.mark.parametrize("accepted", ["gzip;q=0.001", "br;q=0, gzip", "gzip;q=1.0", "x-gzip;q=0, gzip"])
def test_who_would_rather_have_something_else_gets_it_all_the_same(client: Client, accepted: str) -> None:
    assert client.get("/admin/login/", headers={"accept-encoding": accepted})["Content-Encoding"] == "gzip"


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
