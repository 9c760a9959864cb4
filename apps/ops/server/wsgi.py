"""Around Django's application: whose forwarded headers are believed, and no body in an answer to HEAD."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from waitress.proxy_headers import (
    PROXY_HEADERS,
    MalformedProxyHeader,
    clear_untrusted_headers,
    parse_proxy_headers,
)

from apps.common import problems, request_ids
from apps.common.problems import Problem

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

TRUSTED_HEADERS = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"}
MALFORMED = Problem(400, "malformed_request", "A forwarded header of the request is malformed.")


def with_forwarded_headers(application: Application, trusted_proxy: str) -> Application:
    """Believe the nearest proxy, if it is `trusted_proxy` (`*` is any), and remove what nobody vouches for.

    Waitress has a wrapper that does this, but it answers a malformed header in plain text.
    """

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        untrusted = set(PROXY_HEADERS)
        if trusted_proxy and trusted_proxy in {"*", environ["REMOTE_ADDR"]}:
            try:
                untrusted = parse_proxy_headers(environ, trusted_proxy_count=1, trusted_proxy_headers=TRUSTED_HEADERS)
            except (MalformedProxyHeader, ValueError, IndexError):  # the last two where Waitress does not look
                return _refuse(start_response)
        clear_untrusted_headers(environ, untrusted)
        return application(environ, start_response)

    return wrapped


def without_body_on_head(application: Application) -> Application:
    """Waitress sends what it is given, and a body after HEAD is taken for the next answer.

    For applications that call `start_response` before they return, as Django does.
    """

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return body
        if close := getattr(body, "close", None):
            close()
        return []

    return wrapped


def _refuse(start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = json.dumps(MALFORMED.body()).encode()
    headers = [
        ("Content-Type", problems.CONTENT_TYPE),
        ("Content-Length", str(len(body))),
        (request_ids.HEADER, request_ids.new_id()),
    ]
    start_response(f"{MALFORMED.status} {MALFORMED.title}", headers)
    return [body]
