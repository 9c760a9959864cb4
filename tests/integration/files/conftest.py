"""What tests of the files app share: media of their own, uploads through the API, tasks run where they were sent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

UPLOAD = "/api/v1/upload/"
FILES = "/api/v1/files/"

Upload = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """An empty media folder; its path."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = settings.MEDIA_ROOT / "incoming"
    return settings.MEDIA_ROOT


@pytest.fixture
def upload(client: Client) -> Upload:
    """`upload(content, name, content_type)` uploads, and returns the answered file object."""

    def upload(content: bytes = b"hello\n", name: str = "note.txt", content_type: str = "text/plain") -> Any:
        answer = client.post(UPLOAD, {"file": SimpleUploadedFile(name, content, content_type)})
        assert answer.status_code == 201, answer.content
        return answer.json()

    return upload


def stored_files(media: Path) -> list[Path]:
    """Everything that lies below the media folder."""
    return sorted(path for path in media.rglob("*") if path.is_file())
