"""Around Django's application: whose forwarded headers are believed, no NUL in a query, and no body in an answer to
HEAD."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from waitress.proxy_headers import (
    PROXY_HEADERS,
    MalformedProxyHeader,
    clear_untrusted_headers,
    parse_proxy_headers,
)

from apps.common.problems import Problem
from apps.ops.server import refusals

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

#: How proxies that listen for IPv4 and IPv6 on one socket write an IPv4 address. Waitress takes what follows the last
#: colon for a port, and all such clients for one.
MAPPED = re.compile(r"(?<![\[0-9a-f:])::ffff:(?=[0-9]+\.)", re.IGNORECASE)
TRUSTED_HEADERS = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"}
NUL = Problem(400, "malformed_request", "The query of the address has a NUL character, which no text here has.")
MALFORMED = Problem(400, "malformed_request", "A forwarded header of the request is malformed.")


def with_forwarded_headers(application: Application, trusted_proxy: str) -> Application:
    """Believe the nearest proxy, if it is `trusted_proxy` (`*` is any), and remove what nobody vouches for.

    Waitress has a wrapper that does this, but it answers a malformed header in plain text.
    """

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        untrusted = set(PROXY_HEADERS)
        if trusted_proxy and trusted_proxy in {"*", environ["REMOTE_ADDR"]}:
            if forwarded_for := environ.get("HTTP_X_FORWARDED_FOR"):
                environ["HTTP_X_FORWARDED_FOR"] = MAPPED.sub("", forwarded_for)
            try:
                untrusted = parse_proxy_headers(environ, trusted_proxy_count=1, trusted_proxy_headers=TRUSTED_HEADERS)
            except (MalformedProxyHeader, ValueError, IndexError):  # the last two where Waitress does not look
                return refusals.answer(environ, start_response, MALFORMED)
        clear_untrusted_headers(environ, untrusted)
        return application(environ, start_response)

    return wrapped


def without_nul(application: Application) -> Application:
    """Refuse a query with a NUL: PostgreSQL has no text with one, and the admin would end in an error of the server."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "%00" in environ["QUERY_STRING"]:
            return refusals.answer(environ, start_response, NUL)
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
