"""What is refused before Django sees it."""

import encodings
from typing import Any

from apps.ops.server.wsgi import with_readable_content_type


def ask(content_type: str) -> str:
    """The status of the answer."""
    told: list[str] = []

    def application(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return []

    with_readable_content_type(application)(
        {"CONTENT_TYPE": content_type}, lambda status, _headers: told.append(status)
    )
    return told[0]


def test_no_long_name_of_a_charset_is_kept() -> None:
    known = len(encodings._cache)  # type: ignore[attr-defined]
    assert ask(f"text/csv; charset={'x' * 1000}") == "400 Bad Request"
    assert len(encodings._cache) == known  # type: ignore[attr-defined]
    assert ask("text/csv; charset=windows-1251") == "200 OK"
