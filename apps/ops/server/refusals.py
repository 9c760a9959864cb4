"""What is answered to a request that never reaches Django, as problem+json like every other error."""

from dataclasses import dataclass
from typing import Any

from apps.common.problems import Problem

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


@dataclass(frozen=True)
class Refusal:
    """Stands where Waitress has an error of its own: as the `error` of a request."""

    problem: Problem


def problem_of(error: Any) -> Problem:
    """The problem of a request's `error`, ours or Waitress's."""
    return error.problem if isinstance(error, Refusal) else OF_WAITRESS.get(error.code, OF_WAITRESS[500])


def too_large(max_bytes: int) -> Problem:
    return Problem(413, "body_too_large", f"The body is too large: at most {max_bytes} bytes are accepted here.")
