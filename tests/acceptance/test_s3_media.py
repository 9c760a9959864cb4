"""Media in a bucket of a local S3 server: the same answers as from a folder, and little in memory."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import boto3
import psutil
import pytest
import requests
from django.core.files.base import ContentFile
from django.test import override_settings
from moto.server import ThreadedMotoServer
from PIL import Image

from apps.common import storage
from apps.ops.embedded import ports
from apps.ops.media import MediaAwayError, S3Media
from tests.acceptance.test_files import Service, StartProcess
from tests.acceptance.test_slow_readers import ask_and_read_nothing, read_to_the_end
from tests.support.processes import wait_until

KEYS = {"access_key": "anybody", "secret_key": "anything"}
MEBIBYTE = 1024 * 1024
THREADS = 2


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    port = ports.find_free_port()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, request: pytest.FixtureRequest) -> Any:
    """A bucket of the test's own."""
    client = boto3.resource(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS["access_key"],
        aws_secret_access_key=KEYS["secret_key"],
    )
    return client.create_bucket(Bucket=f"media-{os.getpid()}-{abs(hash(request.node.nodeid))}")


@pytest.fixture
def service(service_environment: dict[str, str], start_process: StartProcess, endpoint: str, bucket: Any) -> Service:
    environment = {
        **service_environment,
        "WEB_THREADS": str(THREADS),
        # Twice the largest is what has to stay free on the disk, beside an answer that waits there.
        "MAX_UPLOAD_BYTES": str(256 * MEBIBYTE),
        "MAX_DEALS_BYTES": str(256 * MEBIBYTE),
        "MEDIA_S3_BUCKET": bucket.name,
        "MEDIA_S3_ENDPOINT_URL": endpoint,
        "MEDIA_S3_REGION": "us-east-1",
        "MEDIA_S3_ACCESS_KEY": KEYS["access_key"],
        "MEDIA_S3_SECRET_KEY": KEYS["secret_key"],
    }
    service = Service(environment, start_process)
    service.start_web()
    return service


@pytest.fixture
def in_bucket(endpoint: str, bucket: Any) -> Iterator[Callable[[], list[str]]]:
    """`apps.common.storage` works on the bucket within the test; the names that are in it."""
    options = {"bucket_name": bucket.name, "endpoint_url": endpoint, "region_name": "us-east-1", **KEYS}
    with override_settings(STORAGES={"default": {"BACKEND": "apps.ops.media.S3Media", "OPTIONS": options}}):
        yield lambda: sorted(one.key for one in bucket.objects.all())


def photo() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), "crimson").save(buffer, "PNG")
    return buffer.getvalue()


def test_an_image_is_stored_processed_shown_and_deleted_and_the_disk_stays_empty(service: Service, bucket: Any) -> None:
    service.start_worker()
    stored = service.wait_for_status(service.upload(photo(), "a.png"), "processed", 40)
    assert stored["result"]["width"] == 640
    content = requests.get(stored["file"], timeout=20)
    assert content.content == photo()
    assert content.headers["Content-Disposition"].startswith("attachment")
    assert content.headers["X-Content-Type-Options"] == "nosniff"
    thumbnail = requests.get(f"{stored['url']}thumbnail/", timeout=20)
    assert (thumbnail.status_code, thumbnail.headers["Content-Type"]) == (200, "image/webp")
    assert len(list(bucket.objects.all())) == 2
    assert not [path for path in service.media.rglob("*") if path.is_file()]
    assert requests.delete(stored["url"], timeout=20).status_code == 204
    assert list(bucket.objects.all()) == []
    assert requests.get(stored["file"], timeout=20).status_code == 404


def test_a_body_of_deals_waits_in_the_bucket_until_it_is_imported(service: Service, bucket: Any) -> None:
    deals = b"customer,item,total,quantity,date\nann,ruby,70,1,2018-12-14 08:29:52\n"
    headers = {"Content-Type": "text/csv", "Prefer": "respond-async"}
    accepted = requests.post(f"{service.url}/api/v1/deals/", deals, headers=headers, timeout=20)
    assert accepted.status_code == 202, accepted.text
    assert [one.get()["Body"].read() for one in bucket.objects.all()] == [deals]

    service.start_worker()
    wait_until(
        lambda: requests.get(service.url + accepted.headers["Location"], timeout=20).json()["status"] == "active",
        40,
        "import",
    )
    wait_until(lambda: not list(bucket.objects.all()), 20, "the file is removed")


def test_a_part_is_read_from_the_bucket_alone_and_a_large_file_passes_through(service: Service) -> None:
    content = os.urandom(48 * MEBIBYTE)
    stored = service.upload(content, "large.bin")
    (web,) = [one for one in psutil.process_iter(["cmdline"]) if _serves(one, service)]
    before = web.memory_info().rss
    part = requests.get(stored["file"], headers={"Range": "bytes=1000000-1000099"}, timeout=20)
    assert (part.status_code, part.content) == (206, content[1_000_000:1_000_100])
    last = requests.get(stored["file"], headers={"Range": "bytes=-7"}, timeout=20)
    assert (last.status_code, last.content) == (206, content[-7:])
    whole = requests.get(stored["file"], timeout=60)
    assert whole.content == content
    assert int(whole.headers["Content-Length"]) == len(content)
    assert requests.head(stored["file"], timeout=20).headers["Content-Length"] == str(len(content))
    assert web.memory_info().rss - before < 40 * MEBIBYTE


def _serves(process: psutil.Process, service: Service) -> bool:
    try:
        return process.environ().get("PORT") == service.environment["PORT"] and "serve" in process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def test_slow_readers_of_a_bucket_hold_up_nobody(service: Service) -> None:
    content = os.urandom(24 * MEBIBYTE)  # more than Waitress takes from a thread before it makes the thread wait
    stored = service.upload(content, "large.bin")
    with ExitStack() as sockets:
        readers = [ask_and_read_nothing(stored["file"], sockets) for _ in range(2 * THREADS)]
        for _ in range(5):
            assert requests.get(f"{service.url}/api/v1/files/", timeout=20).ok
        assert all(read_to_the_end(reader).endswith(content) for reader in readers)


def test_what_is_in_a_bucket_is_listed_dated_and_removed_for_the_sweep(in_bucket: Callable[[], list[str]]) -> None:
    name = storage.keep("files", ContentFile(b"some bytes"))
    assert in_bucket() == [name]
    assert [one for names in storage.stored_names("files") for one in names] == [name]
    assert storage.is_older(name, timedelta(seconds=-60))
    assert not storage.is_older(name, timedelta(hours=1))
    assert not storage.is_older("files/00/none", timedelta(seconds=-60))
    with storage.opened(name) as stored:
        stored.seek(5)
        assert stored.read(2) == b"by"
        stored.seek(-5, io.SEEK_END)
        assert stored.read() == b"bytes"
    storage.remove([name, name, "files/00/none", ""])
    assert in_bucket() == []


def test_an_object_says_nothing_to_a_browser_even_if_the_bucket_is_public(
    in_bucket: Callable[[], list[str]], bucket: Any
) -> None:
    content = ContentFile(b"<script>alert(1)</script>", name="page.html")
    name = storage.keep("files", content)
    kept = bucket.Object(name)
    assert (kept.content_type, kept.content_disposition) == ("application/octet-stream", "attachment")


def test_bytes_that_are_gone_and_a_service_that_is_away_are_told_apart(
    in_bucket: Callable[[], list[str]], bucket: Any
) -> None:
    with pytest.raises(FileNotFoundError), storage.opened("files/00/none"):
        pass
    nobody = f"http://127.0.0.1:{ports.find_free_port()}"
    away = S3Media(bucket_name=bucket.name, endpoint_url=nobody, region_name="us-east-1", **KEYS)
    with pytest.raises(MediaAwayError):
        away.exists("files/00/none")
