"""The answers to errors outside of REST framework: unknown paths, refused requests, failed CSRF checks, crashes.

A program gets the problem as JSON; a client that prefers HTML, a browser, gets a small page saying the same.
"""

import sys
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from apps.common import problems
from apps.common.problems import Problem

PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{status} {title}</title><h1>{status} {title}</h1><p>{detail}</p></html>"
)


def respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem in the form this client prefers; JSON when it prefers none."""
    preferred = request.get_preferred_type([problems.CONTENT_TYPE, "application/json", "text/html"])
    response: HttpResponse
    if preferred == "text/html":
        page = format_html(PAGE, status=problem.status, title=problem.title, detail=problem.detail)
        response = HttpResponse(page, status=problem.status)
    else:
        response = JsonResponse(problem.body(), status=problem.status, content_type=problems.CONTENT_TYPE)
    for name, value in problem.headers.items():
        response[name] = value
    patch_vary_headers(response, ["Accept"])
    return response


@method_decorator(csrf_exempt, name="dispatch")  # or a wrong method would be told of a missing token
class ReadOnlyView(View):
    """Base of the views outside of REST framework, which only answer to GET: a wrong method is a problem too."""

    def http_method_not_allowed(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        allowed = {"Allow": ", ".join(name.upper() for name in self.http_method_names if hasattr(self, name))}
        detail = f"The method {request.method} is not allowed here."
        return respond(request, Problem(405, "method_not_allowed", detail, headers=allowed))


def client_error(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For Django's 400, 403 and 404."""
    return respond(request, problems.problem_of(exception) or problems.UNEXPECTED)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls this while it handles the error and has it logged; a known one keeps its own status."""
    error = sys.exception()
    return respond(request, (error and problems.problem_of(error)) or problems.UNEXPECTED)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return respond(request, Problem(403, "csrf_failed", f"The CSRF check failed. {reason}".rstrip()))
