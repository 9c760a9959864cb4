"""Errors outside of REST framework look as those inside do."""

import json
import logging
from collections.abc import Iterator

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_protect
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.error_views import ReadOnlyView
from apps.common.errors import DomainError
from project.logging import JsonFormatter, TextFormatter


class ConflictError(DomainError):
    """<b>It</b> is taken."""

    code = "conflict"
    status = 409


RAISED: dict[str, tuple[Exception, int]] = {
    "crash": (RuntimeError("SELECT secret"), 500),
    "forbidden": (PermissionDenied("a secret"), 403),
    "suspicious": (SuspiciousOperation("a secret"), 400),
    "bad": (BadRequest("a secret"), 400),
    "domain": (ConflictError(), 409),
    "database": (OperationalError("a secret"), 503),
}


def raising(request: HttpRequest, name: str) -> HttpResponse:
    raise RAISED[name][0]


class Plain(ReadOnlyView):
    def get(self, _request: HttpRequest) -> HttpResponse:
        return HttpResponse("plain")


class Failing(APIView):
    def get(self, _request: Request) -> Response:
        raise OperationalError("no connection")

    def post(self, _request: Request) -> Response:
        return Response("posted")


@csrf_protect
def guarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("raising/<name>/", raising),
    path("plain/", Plain.as_view()),
    path("guarded/", guarded),
    path("failing/", Failing.as_view()),
]
handler400 = handler403 = handler404 = "apps.common.error_views.client_error"
handler500 = "apps.common.error_views.server_error"


@pytest.fixture(autouse=True)
def own_paths() -> Iterator[None]:
    with override_settings(ROOT_URLCONF=__name__):
        yield


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.mark.parametrize("name", RAISED)
def test_what_a_view_raises_is_answered_as_a_problem(client: Client, name: str) -> None:
    response = client.get(f"/raising/{name}/")
    assert response.status_code == response.json()["status"] == RAISED[name][1]
    assert response["Content-Type"] == "application/problem+json"
    assert b"secret" not in response.content
    assert b"Traceback" not in response.content


def test_a_crash_is_logged_with_its_traceback(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/raising/crash/")
    (record,) = [r for r in caplog.records if r.name == "django.request" and r.levelno == logging.ERROR]
    assert record.exc_info


def test_a_known_failure_of_the_server_is_one_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert client.get("/failing/").status_code == 503
    (record,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert record.name == "apps.common.problems"


def test_who_forgets_the_slash_is_sent_on_with_what_was_sent(client: Client) -> None:
    moved = client.post("/failing", {"a": "b"})
    assert (moved.status_code, moved["Location"]) == (308, "/failing/")
    assert client.post("/failing", {"a": "b"}, follow=True).json() == "posted"


def test_a_known_error_keeps_its_headers(client: Client) -> None:
    assert client.get("/raising/database/")["Retry-After"] == "5"


def test_an_unknown_path_is_a_problem(client: Client) -> None:
    response = client.get("/nothing/")
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert b"nothing/" not in response.content


ACCEPTED = {
    "nothing": ({}, "application/problem+json"),
    "anything": ({"accept": "*/*"}, "application/problem+json"),
    "JSON": ({"accept": "application/json"}, "application/problem+json"),
    "a browser": ({"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, "text/html; charset=utf-8"),
    "JSON before HTML": ({"accept": "text/html;q=0.5, application/json"}, "application/problem+json"),
    "something else": ({"accept": "image/png"}, "application/problem+json"),
    "nonsense": ({"accept": ";;q=x,/"}, "application/problem+json"),
}


@pytest.mark.parametrize(("headers", "content_type"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_the_form_is_the_one_the_client_prefers(client: Client, headers: dict[str, str], content_type: str) -> None:
    response = client.get("/nothing/", headers=headers)
    assert response["Content-Type"] == content_type
    assert "Accept" in response["Vary"]


def test_the_page_shows_the_error_as_text(client: Client) -> None:
    page = client.get("/raising/domain/", headers={"accept": "text/html"}).content.decode()
    assert "409 Conflict" in page
    assert "&lt;b&gt;It&lt;/b&gt; is taken." in page


def test_a_wrong_method_is_told_the_right_ones(client: Client) -> None:
    response = client.delete("/plain/")
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert json.loads(response.content)["code"] == "method_not_allowed"


def test_a_failed_csrf_check_is_a_problem(client: Client) -> None:
    response = client.post("/guarded/")
    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")


@override_settings(ALLOWED_HOSTS=["example.org"])
def test_a_host_that_is_not_ours_is_a_problem(client: Client) -> None:
    response = client.get("/plain/", headers={"host": "<evil>"})
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert b"evil" not in response.content


@override_settings(ALLOWED_HOSTS=["example.org"])
def test_a_missing_name_of_ours_is_one_line_and_no_alarm(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/plain/", headers={"host": f"{'x' * 5000}.example.org"})
    (record,) = [record for record in caplog.records if record.name == "django.security.DisallowedHost"]
    assert record.levelname == "WARNING"
    for formatter in (TextFormatter(), JsonFormatter()):
        line = formatter.format(record)
        assert "Invalid HTTP_HOST header: 'xxx" in line
        assert "\n" not in line
        assert len(line) < 600
