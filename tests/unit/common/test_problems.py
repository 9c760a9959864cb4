"""Every error becomes the same form of answer, and tells nothing that is not for clients."""

import errno
import json
from typing import Any

import pytest
from django.core import exceptions as django_errors
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.test import RequestFactory
from rest_framework import exceptions as rest_errors
from rest_framework.authentication import TokenAuthentication
from rest_framework.parsers import JSONParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.common import problems
from apps.common.errors import DomainError, FieldError, InputError
from apps.common.problems import Problem

SECRET = "SELECT secret FROM /srv/path"


class GoneError(DomainError):
    """The thing is gone."""

    code = "gone"
    status = 410


def failing(error: Exception, **attributes: Any) -> type[APIView]:
    def get(self: APIView, request: Request) -> Response:
        raise error

    return type("FailingView", (APIView,), {"get": get, **attributes})


def answer_to(view: type[APIView], method: str = "GET", **headers: str) -> Response:
    response = view.as_view()(RequestFactory().generic(method, "/", headers=headers))
    return response.render()


def pg_error(code: str, kind: type[Exception] = OperationalError, *, message: str = SECRET) -> Exception:
    error = kind(message)
    error.__cause__ = type("PgError", (Exception,), {"pgcode": code})()
    return error


ERRORS: dict[str, tuple[Exception, int, str]] = {
    "domain": (GoneError(), 410, "gone"),
    "input": (InputError(field="a"), 400, "invalid"),
    "not found": (Http404(SECRET), 404, "not_found"),
    "not found in the API": (rest_errors.NotFound(), 404, "not_found"),
    "forbidden": (django_errors.PermissionDenied(SECRET), 403, "permission_denied"),
    "forbidden in the API": (rest_errors.PermissionDenied(), 403, "permission_denied"),
    "validation": (rest_errors.ValidationError({"a": ["bad"]}), 400, "invalid"),
    "validation of a model": (django_errors.ValidationError({"a": "bad"}), 400, "invalid"),
    "parse error": (rest_errors.ParseError(), 400, "parse_error"),
    "media type": (rest_errors.UnsupportedMediaType("text/x"), 415, "unsupported_media_type"),
    "too many files": (django_errors.TooManyFilesSent(SECRET), 400, "too_many_files"),
    "too many fields": (django_errors.TooManyFieldsSent(SECRET), 400, "too_many_fields"),
    "too much data": (django_errors.RequestDataTooBig(SECRET), 413, "body_too_large"),
    "multipart": (MultiPartParserError(SECRET), 400, "malformed"),
    "suspicious": (django_errors.DisallowedHost(SECRET), 400, "bad_request"),
    "bad request": (django_errors.BadRequest(SECRET), 400, "bad_request"),
    "unreadable": (UnreadablePostError(SECRET), 400, "truncated"),
    "database": (OperationalError(SECRET), 503, "database_unavailable"),
    "connection": (InterfaceError(SECRET), 503, "database_unavailable"),
    "database's disk": (pg_error("53100"), 507, "storage_full"),
    "table missing": (pg_error("42P01", ProgrammingError), 503, "not_migrated"),
    "deadlock": (pg_error("40P01"), 503, "database_unavailable"),
    "disk": (OSError(errno.ENOSPC, "No space", "/srv/path"), 507, "storage_full"),
    "quota": (OSError(errno.EDQUOT, "Quota", "/srv/path"), 507, "storage_full"),
}


@pytest.mark.parametrize(("error", "status", "code"), ERRORS.values(), ids=ERRORS.keys())
def test_each_error_has_its_answer(error: Exception, status: int, code: str) -> None:
    response = answer_to(failing(error))
    body = json.loads(response.content)
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert response["Content-Type"] == "application/problem+json"
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    assert "secret" not in response.content.decode()
    assert "/srv/path" not in response.content.decode()


@pytest.mark.parametrize("error", [RuntimeError(SECRET), OSError(errno.EIO, SECRET), KeyError(SECRET)])
def test_what_nobody_expected_is_left_to_django_which_logs_it(error: Exception) -> None:
    with pytest.raises(type(error)):
        answer_to(failing(error))


def test_an_expected_failure_of_the_server_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    answer_to(failing(pg_error("40P01")))
    (record,) = [record for record in caplog.records if record.name == problems.__name__]
    assert record.levelname == "ERROR"
    assert record.exc_info is not None
    assert getattr(record, "action", None) == "request_failed"


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("refused\nIs it running?"),
        InterfaceError("refused"),
        pg_error("57P01", message="refused\nmore"),
    ],
    ids=["no connection", "closed connection", "shutdown"],
)
def test_a_database_that_is_away_is_one_line_a_request(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    answer_to(failing(error))
    (record,) = [record for record in caplog.records if record.name == problems.__name__]
    assert record.levelname == "ERROR"
    assert record.exc_info is None
    assert getattr(record, "reason", None) == "refused"


def test_a_fault_of_the_client_is_not_logged_as_ours(caplog: pytest.LogCaptureFixture) -> None:
    answer_to(failing(GoneError()))
    assert not [record for record in caplog.records if record.name == problems.__name__]


# --- input errors -----------------------------------------------------------------------------------

DETAILS: dict[str, tuple[Any, list[tuple[str | None, str]]]] = {
    "sentence": ("bad", [(None, "bad")]),
    "list": (["bad", "worse"], [(None, "bad"), (None, "worse")]),
    "field": ({"a": ["bad"]}, [("a", "bad")]),
    "field without list": ({"a": "bad"}, [("a", "bad")]),
    "no field": ({"non_field_errors": ["bad"]}, [(None, "bad")]),
    "nested": ({"a": {"b": ["bad"]}}, [("a.b", "bad")]),
    "nested, no field": ({"a": {"non_field_errors": ["bad"]}}, [("a", "bad")]),
    "list of objects": ({"a": [{}, {"b": ["bad"]}]}, [("a.1.b", "bad")]),
    "several": ({"a": ["bad"], "b": ["worse"]}, [("a", "bad"), ("b", "worse")]),
}


@pytest.mark.parametrize(("detail", "expected"), DETAILS.values(), ids=DETAILS.keys())
def test_each_fault_of_the_input_is_listed_with_its_field(detail: Any, expected: list[tuple[str | None, str]]) -> None:
    problem = problems.problem_of(rest_errors.ValidationError(detail))
    assert problem is not None
    assert [(error.field, error.detail) for error in problem.errors] == expected
    assert problem.detail == ("bad" if len(expected) == 1 else f"The input has {len(expected)} errors.")


def test_the_code_of_a_fault_is_kept() -> None:
    error = rest_errors.ValidationError({"a": [rest_errors.ErrorDetail("bad", code="too_bad")]})
    body = json.loads(answer_to(failing(error)).content)
    assert body["errors"] == [{"field": "a", "code": "too_bad", "detail": "bad"}]


def test_an_error_of_the_domain_lists_its_faults() -> None:
    error = InputError(errors=(FieldError("a", "x", "A."), FieldError(None, "y", "B.")))
    body = json.loads(answer_to(failing(error)).content)
    assert [tuple(fault.values()) for fault in body["errors"]] == [("a", "x", "A."), (None, "y", "B.")]


def test_other_errors_have_no_list() -> None:
    assert "errors" not in json.loads(answer_to(failing(GoneError())).content)


def test_a_problem_may_have_members_of_its_own() -> None:
    assert Problem(400, "x", "X.", members={"Status": "Error"}).body()["Status"] == "Error"


# --- headers ----------------------------------------------------------------------------------------


def test_a_wrong_method_is_told_the_right_ones() -> None:
    response = answer_to(failing(GoneError()), "DELETE")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_who_is_not_known_is_told_how_to_be() -> None:
    view = failing(GoneError(), authentication_classes=[TokenAuthentication], permission_classes=[IsAuthenticated])
    response = answer_to(view)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Token")


def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    class Busy(BaseThrottle):
        def allow_request(self, *_args: Any) -> bool:
            return False

        def wait(self) -> float:
            return 1.2

    response = answer_to(failing(GoneError(), throttle_classes=[Busy]))
    assert (response.status_code, response["Retry-After"]) == (429, "2")


def test_an_absent_database_says_when_to_try_again() -> None:
    assert answer_to(failing(OperationalError()))["Retry-After"] == "5"


# --- forms ------------------------------------------------------------------------------------------


def test_a_browser_gets_the_error_as_a_page() -> None:
    response = answer_to(failing(GoneError()), accept="text/html,*/*;q=0.8")
    assert response.status_code == 410
    assert response["Content-Type"].startswith("text/html")
    assert b"The thing is gone." in response.content


def test_nobody_can_have_what_is_not_offered() -> None:
    response = answer_to(failing(GoneError()), accept="image/png")
    assert (response.status_code, response["Content-Type"]) == (406, "application/problem+json")


def test_an_endpoint_that_answers_in_another_form_has_the_same_errors() -> None:
    class Csv(BaseRenderer):
        media_type, format = "text/csv", "csv"

        def render(self, *_args: Any, **_kwargs: Any) -> bytes:
            raise AssertionError

    response = answer_to(failing(GoneError(), renderer_classes=[Csv]), accept="text/csv")
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content)["code"] == "gone"


def test_a_body_of_the_wrong_type_is_415() -> None:
    def post(self: APIView, request: Request) -> Response:
        return Response(request.data)

    view = type("JsonView", (APIView,), {"post": post, "parser_classes": [JSONParser]})
    response = view.as_view()(RequestFactory().post("/", b"x", content_type="text/plain")).render()
    assert (response.status_code, response["Content-Type"]) == (415, "application/problem+json")
