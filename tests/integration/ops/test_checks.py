"""Each misconfiguration that can be seen at start is told, with what to do about it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import checks
from django.test import override_settings

GOOD = {
    "allowed_hosts": ("files.example.org",),
    "https": True,
    "trusted_proxy": "*",
    "api_access": "token",
    "metrics_token": "t",
    "media_s3_bucket": "",
    "media_s3_access_key": "",
    "media_s3_secret_key": "",
    "dyno": "",
    "shutdown_grace_seconds": 25,
}


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., set[str]]:
    """The ids of our own checks that speak with these settings in place of good ones."""
    (tmp_path / "staticfiles.json").touch()

    def run(**changed: Any) -> set[str]:
        overrides = {name: changed.pop(name) for name in list(changed) if name.isupper()}
        config = replace(settings.CONFIG, **{**GOOD, **changed})
        with override_settings(CONFIG=config, **{"STATIC_ROOT": str(tmp_path), **overrides}):
            messages = checks.run_checks(include_deployment_checks=True)
        ours = [message for message in messages if str(message.id).startswith("ops.")]
        assert all(message.hint for message in ours)
        return {str(message.id) for message in ours}

    return run


def test_nothing_is_said_of_a_good_set_up(told: Callable[..., set[str]]) -> None:
    assert told() == set()


@pytest.mark.parametrize(
    ("expected", "changed"),
    [
        ("ops.E001", {"FILE_UPLOAD_TEMP_DIR": "/nowhere"}),
        ("ops.E002", {"media_s3_bucket": "b", "media_s3_access_key": "k"}),
        ("ops.W001", {"dyno": "web.1"}),
        ("ops.W002", {"trusted_proxy": ""}),
        ("ops.W003", {"metrics_token": ""}),
        ("ops.W004", {"allowed_hosts": ("a.example", "*")}),
        ("ops.W005", {"dyno": "web.1", "media_s3_bucket": "b", "shutdown_grace_seconds": 30}),
        ("ops.W006", {"STATIC_ROOT": "/nowhere"}),
        ("ops.W007", {"max_deals_line_bytes": 100}),
    ],
)
def test_what_is_wrong_is_told_and_nothing_else(
    told: Callable[..., set[str]], expected: str, changed: dict[str, Any]
) -> None:
    assert told(**changed) == {expected}
