"""Around Django's application: refuses bodies that nobody could read, before Django tries and crashes, or guesses."""

import codecs
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

from apps.common import filenames
from apps.common.problems import Problem
from apps.ops.server import refusals
from apps.ops.server.wsgi import Application

MALFORMED_TYPE = Problem(400, "malformed_request", "The Content-Type of the request is malformed.")
ENCODED = Problem(
    415,
    "unsupported_encoding",
    "Bodies are taken as they are: send this one without Content-Encoding.",
    headers={"Accept-Encoding": "identity"},
)


def readable(application: Application) -> Application:
    """Refuse what is compressed on the way (RFC 9110, 8.4), and a type that cannot be taken apart: Django reads the
    type before it is able to answer an error."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        content_type = environ.get("CONTENT_TYPE")
        if content_type and not _is_type(content_type):
            return refusals.answer(environ, start_response, MALFORMED_TYPE)
        if environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in {"", "identity"}:
            return refusals.answer(environ, start_response, ENCODED)
        return application(environ, start_response)

    return wrapped


def _is_type(content_type: str) -> bool:
    """Whether its parameters can be told apart, and its charset, if Python has one of that name, is one of text."""
    try:
        charset = parse_header_parameters(content_type)[1].get("charset", "utf-8")
        if len(charset) > filenames.MAX_CHARSET_CHARACTERS:
            return False
        codecs.lookup(charset)
    except LookupError:
        return True
    except ValueError:
        return False
    try:
        "".encode(charset)
    except (LookupError, ValueError):
        return False
    return True
