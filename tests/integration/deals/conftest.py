"""What tests of the deals app share: media of their own, files of deals, posting them, asking for the answer."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from apps.deals import selectors
from apps.deals.models import Import, Status
from apps.deals.processors import importing

DEALS = "/api/v1/deals/"
IMPORTS = "/api/v1/deals/imports/"
HEADER = "customer,item,total,quantity,date"
DEAL = "anna,Ruby,100,1,2018-12-14 08:29:52.506166"
ASYNC = {"Prefer": "respond-async"}

Post = Callable[..., Any]
Top = Callable[[], Any]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """An empty media folder; its path."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = settings.MEDIA_ROOT / "incoming"
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def cold_process() -> None:
    """Nothing that another test has read is still known."""
    selectors.answer_bytes.cache_clear()


def csv_of(*rows: str, header: str = HEADER) -> bytes:
    return "".join(f"{line}\n" for line in (header, *rows)).encode()


def deal(customer: str, item: str = "Ruby", total: object = 100) -> str:
    return f"{customer},{item},{total},1,2018-12-14 08:29:52.506166"


@pytest.fixture
def post(client: Client) -> Post:
    """`post(content)` sends a file of deals in the field `deals` and returns the response."""

    def post(content: bytes, *, field: str = "deals", path: str = DEALS, **headers: str) -> Any:
        return client.post(path, {field: SimpleUploadedFile("deals.csv", content, "text/csv")}, headers=headers)

    return post


@pytest.fixture
def post_raw(client: Client) -> Post:
    """The same as a body."""

    def post(content: bytes, *, content_type: str = "text/csv", path: str = DEALS, **headers: str) -> Any:
        return client.generic("POST", path, content, content_type, headers=headers)

    return post


@pytest.fixture
def top(client: Client) -> Top:
    """The answer's list."""
    return lambda: client.get(DEALS).json()["response"]


def accept(content: bytes) -> tuple[Import, io.BytesIO]:
    """What a request does before it begins to read: the import has its turn."""
    accepted = Import(status=Status.IMPORTING, size=len(content), started_at=timezone.now())
    accepted.save(force_insert=True)
    return accepted, io.BytesIO(content)


def run_import(content: bytes) -> Import:
    accepted, stream = accept(content)
    importing.import_deals(accepted, stream)
    accepted.refresh_from_db()
    return accepted


def stored_files(media: Path) -> list[Path]:
    return sorted(path for path in media.rglob("*") if path.is_file())
