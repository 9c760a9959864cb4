"""Which of Celery's tests are in scope: `scope.toml`, where each of them stands with "pass" or why it does not."""

import tomllib
from pathlib import Path
from typing import Any

PASS = "pass"


def read() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "scope.toml").read_text(encoding="utf-8"))


def in_scope(selection: str) -> list[str]:
    """The ids of the tests of a selection that have to pass."""
    return [identifier for identifier, verdict in read()[selection].items() if verdict == PASS]
