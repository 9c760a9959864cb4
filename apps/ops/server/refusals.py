"""What is answered to a request that never reaches Django, as problem+json like every other error."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from apps.common import problems, request_ids
from apps.common.problems import Problem
from apps.deals import problems as deals_problems
from apps.ops.metrics import requests

MALFORMED = Problem(400, "malformed_request", "The request is not well-formed HTTP.")
TIMED_OUT = Problem(408, "timed_out", "Nothing came for too long: the request was not complete.")
TRUNCATED = Problem(400, "truncated", "The body ends before it is complete.")

#: What Waitress refuses by itself, by its status.
OF_WAITRESS = {
    400: MALFORMED,
    413: Problem(413, "body_too_large", "The body is too large."),
    431: Problem(431, "headers_too_large", "The request's headers are too large."),
    500: Problem(500, "server_error", "Something went wrong here. It has been recorded."),
    501: Problem(501, "not_implemented", "This transfer encoding is not supported."),
}

#: Paths whose errors have two members more.
OF_DEALS = ("/api/v1/deals/", "/api/process_deals/")


@dataclass(frozen=True)
class Refusal:
    """Stands where Waitress has an error of its own: as the `error` of a request."""

    problem: Problem


def problem_of(error: Any) -> Problem:
    """The problem of a request's `error`, ours or Waitress's."""
    return error.problem if isinstance(error, Refusal) else OF_WAITRESS.get(error.code, OF_WAITRESS[500])


def too_large(max_bytes: int) -> Problem:
    return Problem(413, "body_too_large", f"The body is too large: at most {max_bytes} bytes are accepted here.")


def told(path: str, problem: Problem) -> Problem:
    """The problem in the form that the errors of this path have."""
    return deals_problems.with_status(problem) if path.startswith(OF_DEALS) else problem


def answer(environ: dict[str, Any], start_response: Callable[..., Any], problem: Problem) -> Iterable[bytes]:
    """Instead of calling the application."""
    requests.count_refused(problem.status)
    body = json.dumps(told(environ["PATH_INFO"], problem).body()).encode()
    headers = [
        ("Content-Type", problems.CONTENT_TYPE),
        ("Content-Length", str(len(body))),
        (request_ids.HEADER, request_ids.id_for(environ.get("HTTP_X_REQUEST_ID"))),
        *problem.headers.items(),
    ]
    start_response(f"{problem.status} {problem.title}", headers)
    return [body]
