"""The one form of an error answer, `application/problem+json` (RFC 9457), and which error becomes which answer.

`type` is always `about:blank`: the status says what kind of problem it is, `code` (an extension member) which
one. What is told comes from our own sentences alone, so no body shows a traceback, SQL or a path of the server.
"""

import errno
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAuthenticated, Throttled
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from apps.common.errors import DomainError, FieldError

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
PG_DISK_FULL = "53100"
PG_SHUTDOWN = "57P"
PG_UNDEFINED = {"42P01", "42703"}  # undefined_table, undefined_column


@dataclass(frozen=True)
class Problem:
    """An error as it is told to a client. `members` are further members of the body (RFC 9457, 3.2)."""

    status: int
    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return HTTPStatus(self.status).phrase

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.errors:
            body["errors"] = [{"field": e.field, "code": e.code, "detail": e.detail} for e in self.errors]
        return body | dict(self.members)


STORAGE_FULL = Problem(507, "storage_full", "There is no space left to store this.")
DATABASE_AWAY = Problem(
    503,
    "database_unavailable",
    "The database does not answer. Try again in a moment.",
    headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
)
NOT_MIGRATED = Problem(
    503,
    "not_migrated",
    "The service is being set up: its database has not been migrated yet. Try again in a moment.",
    headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
)
CHANGED = Problem(412, "precondition_failed", "The answer is another one by now.")
UNEXPECTED = Problem(500, "server_error", "Something went wrong here. It has been recorded.")

#: Errors whose own text is not for clients. The first class that fits decides, so special ones stand first.
FIXED: tuple[tuple[type[Exception], Problem], ...] = (
    (Http404, Problem(404, "not_found", "There is nothing here.")),
    (PermissionDenied, Problem(403, "permission_denied", "This is not allowed.")),
    (TooManyFilesSent, Problem(400, "too_many_files", "The form has too many files.")),
    (TooManyFieldsSent, Problem(400, "too_many_fields", "The form has too many fields.")),
    (RequestDataTooBig, Problem(413, "body_too_large", "The body, files not counted, is too large.")),
    (MultiPartParserError, Problem(400, "malformed", "The body is not well-formed multipart/form-data.")),
    (SuspiciousOperation, Problem(400, "bad_request", "The request cannot be accepted.")),
    (BadRequest, Problem(400, "bad_request", "The request cannot be accepted.")),
    (UnreadablePostError, Problem(400, "truncated", "The body could not be read to its end.")),
    (OperationalError, DATABASE_AWAY),
    (InterfaceError, DATABASE_AWAY),
)


def problem_of(error: BaseException) -> Problem | None:
    """What to tell about an error, or None for one that nobody expected."""
    if isinstance(error, DomainError):
        return Problem(error.status, error.code, error.detail, error.errors, members=error.members)
    if isinstance(error, APIException):
        return _of_rest_framework(error)
    if isinstance(error, ValidationError):
        return _of_input(as_serializer_error(error))
    if _means_no_space(error):
        return STORAGE_FULL
    if _means_not_migrated(error):
        return NOT_MIGRATED
    return next((problem for kind, problem in FIXED if isinstance(error, kind)), None)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST framework's hook. None leaves the error to Django, which logs its traceback and answers 500."""
    if isinstance(error, AuthenticationFailed | NotAuthenticated):
        error = _throttled(context) or error
    problem = problem_of(error)
    if problem is None:
        return None
    set_rollback()
    response = ProblemResponse(problem)
    if problem.status >= 500:
        _log_failure(error, problem, context["request"].path)
        response._has_been_logged = True  # type: ignore[attr-defined] # Django would say it once more, and less
    return response


def _throttled(context: Mapping[str, Any]) -> Throttled | None:
    """What is refused for its credentials counts as well. REST framework looks at throttles after those only."""
    try:
        context["view"].check_throttles(context["request"])
    except Throttled as error:
        return error
    return None


class ProblemResponse(Response):
    """A problem as the browsable API's page where the client has chosen that, else as problem+json."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.body(), status=problem.status, headers=dict(problem.headers))

    @property
    def rendered_content(self) -> Any:
        if not isinstance(self.accepted_renderer, BrowsableAPIRenderer):
            self.accepted_renderer = JSONRenderer()  # whatever the view renders, its errors are JSON
            self.accepted_media_type = CONTENT_TYPE
            self.content_type = CONTENT_TYPE
        return super().rendered_content


def _log_failure(error: Exception, problem: Problem, path: str) -> None:
    """With its traceback, but for a database that is away: each request says so, and its traceback nothing more."""
    extra = {"action": "request_failed", "path": path, "code": problem.code}
    if problem is DATABASE_AWAY and _is_connection_lost(error):
        logger.error("request failed", extra={**extra, "reason": str(error).partition("\n")[0]})
    else:
        logger.error("request failed", exc_info=error, extra=extra)


def _of_rest_framework(error: APIException) -> Problem:
    if isinstance(error.detail, list | dict):
        return _of_input(error.detail, error.status_code)
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(wait)
    return Problem(error.status_code, str(error.detail.code), str(error.detail), headers=headers)


def _of_input(detail: Any, status: int = 400) -> Problem:
    errors = tuple(_field_errors(detail))
    summary = errors[0].detail if len(errors) == 1 else f"The input has {len(errors)} errors."
    return Problem(status, "invalid", summary, errors)


def _field_errors(detail: Any, path: tuple[str, ...] = ()) -> Iterator[FieldError]:
    """Every message of a nested REST framework detail, its field written as `outer.0.inner`."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            own = () if key == api_settings.NON_FIELD_ERRORS_KEY else (str(key),)
            yield from _field_errors(value, path + own)
    elif isinstance(detail, list):
        for index, item in enumerate(detail):
            own = (str(index),) if isinstance(item, Mapping | list) else ()
            yield from _field_errors(item, path + own)
    else:
        yield FieldError(".".join(path) or None, str(getattr(detail, "code", None) or "invalid"), str(detail))


def _means_no_space(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    return isinstance(error, OperationalError) and getattr(error.__cause__, "pgcode", None) == PG_DISK_FULL


def _is_connection_lost(error: Exception) -> bool:
    """Told by the driver, which has no code for it, or by a server that is being stopped."""
    pg_code = getattr(error.__cause__, "pgcode", None)
    return pg_code is None or pg_code.startswith(PG_SHUTDOWN)


def _means_not_migrated(error: BaseException) -> bool:
    """A table or a column is missing: on a first start, web can be there before the release has migrated."""
    return isinstance(error, ProgrammingError) and getattr(error.__cause__, "pgcode", None) in PG_UNDEFINED
