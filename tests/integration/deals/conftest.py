"""What tests of the deals app share: media of their own, files of deals, posting them, asking for the answer."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

DEALS = "/api/v1/deals/"
IMPORTS = "/api/v1/deals/imports/"
HEADER = "customer,item,total,quantity,date"
DEAL = "anna,Ruby,100,1,2018-12-14 08:29:52.506166"

Post = Callable[..., Any]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """An empty media folder; its path."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = settings.MEDIA_ROOT / "incoming"
    return settings.MEDIA_ROOT


def csv_of(*rows: str, header: str = HEADER) -> bytes:
    return "".join(f"{line}\n" for line in (header, *rows)).encode()


@pytest.fixture
def post(client: Client) -> Post:
    """`post(content)` sends a file of deals in the field `deals` and returns the response."""

    def post(content: bytes, *, field: str = "deals", path: str = DEALS, **headers: str) -> Any:
        return client.post(path, {field: SimpleUploadedFile("deals.csv", content, "text/csv")}, headers=headers)

    return post


@pytest.fixture
def top(client: Client) -> Callable[[], Any]:
    """The answer's list."""
    return lambda: client.get(DEALS).json()["response"]
