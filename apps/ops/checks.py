"""System checks of how the service is set up, each with what to do about it.

What is wrong by itself (E) is looked for at every start; what is wrong in production only (W) with `check --deploy`.
Values that cannot be read at all never come so far: `project.config` refuses them.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 — Django's name

#: Platforms with a DYNO kill this long after SIGTERM.
PLATFORM_GRACE_SECONDS = 30


def check_media_folder(**_options: Any) -> list[CheckMessage]:
    """Uploads are written there first, wherever they are kept."""
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    if os.access(folder, os.W_OK | os.X_OK):
        return []
    return [
        Error(
            f"The folder for uploads, {folder}, cannot be written to.",
            hint="Give it to the user that the service runs as, or name another one in DATA_DIR.",
            id="ops.E001",
        )
    ]


def check_bucket_keys(**_options: Any) -> list[CheckMessage]:
    config = settings.CONFIG
    if bool(config.media_s3_access_key) == bool(config.media_s3_secret_key):
        return []
    return [
        Error(
            "Of MEDIA_S3_ACCESS_KEY and MEDIA_S3_SECRET_KEY only one is set.",
            hint="Set both, or neither where the machine's own role may use the bucket.",
            id="ops.E002",
        )
    ]


def check_deployment(**_options: Any) -> list[CheckMessage]:
    """For production, whose settings are those that `check --deploy` is run with."""
    return [Warning(text, hint=hint, id=f"ops.{number}") for number, text, hint in _warnings(settings.CONFIG)]


def _warnings(config: Any) -> Iterator[tuple[str, str, str]]:
    if config.dyno and not config.media_s3_bucket:
        yield (
            "W001",
            "Uploads are kept on a disk that this platform gives to one process only, and only until it restarts.",
            "Set MEDIA_S3_BUCKET and what goes with it.",
        )
    if config.https and not config.trusted_proxy and not config.dyno:
        yield (
            "W002",
            "HTTPS is on and no proxy is believed: every request looks like plain HTTP, and is redirected for ever.",
            "Set TRUSTED_PROXY to the proxy that speaks HTTPS, or to * if nobody else reaches the port.",
        )
    if config.api_access == "token" and not config.metrics_token:
        yield (
            "W003",
            "The API needs a token, /metrics is open to anybody.",
            "Set METRICS_TOKEN, and give it to Prometheus.",
        )
    if "*" in config.allowed_hosts:
        yield (
            "W004",
            "ALLOWED_HOSTS has *: whoever asks decides which host the addresses in answers have.",
            "Name the hosts that this service has.",
        )
    if config.dyno and config.shutdown_grace_seconds >= PLATFORM_GRACE_SECONDS:
        yield (
            "W005",
            f"SHUTDOWN_GRACE_SECONDS is {config.shutdown_grace_seconds}, and this platform kills after less.",
            "Set it to 25, or to whatever is clearly below.",
        )
    if not (Path(settings.STATIC_ROOT) / "staticfiles.json").exists():
        yield (
            "W006",
            f"There are no collected static files in {settings.STATIC_ROOT}: the admin's pages will fail.",
            "Run `manage.py collectstatic --no-input` when the service is installed, or set STATIC_DIR.",
        )
    if config.max_deals_line_bytes < config.max_deals_field_bytes:
        yield (
            "W007",
            "MAX_DEALS_LINE_BYTES is below MAX_DEALS_FIELD_BYTES: a name of permitted length has no room in its row.",
            "Raise the former.",
        )
