"""Who may do what, for every route and method of the service, where the API is public and where it needs a token.

A new route has to be given a line in `ROUTES`. Whether something is there or well-formed is asked after that, so what
is allowed is answered with 404 or 400 here, and changes nothing.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from django.urls import URLResolver, get_resolver

from apps.ops.embedded.ports import find_free_port
from tests.support.processes import MANAGE, ChildProcess, run, wait_until

pytestmark = pytest.mark.slow

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
PERSONS = ("anonymous", "token", "session", "staff")
ACCESSES = ("public", "token")

#: Who may, with API_ACCESS=public and with API_ACCESS=token.
ANYBODY = {access: set(PERSONS) for access in ACCESSES}
THE_API = {**ANYBODY, "token": {"token", "session", "staff"}}
TASKS = {access: {"token", "staff"} for access in ACCESSES}

ROUTES: dict[str, tuple[dict[str, set[str]], str]] = {
    "/": (ANYBODY, "GET"),
    "/docs/": (THE_API, "GET"),
    "/health/live/": (ANYBODY, "GET"),
    "/health/ready/": (ANYBODY, "GET"),
    "/metrics": (ANYBODY, "GET"),  # unless METRICS_TOKEN is set
    "/api/schema/": (THE_API, "GET"),
    "/api/customer/": (THE_API, "GET"),
    "/api/process_deals/": (THE_API, "POST"),
    "/api/v1/deals/": (THE_API, "GET POST"),
    "/api/v1/deals/imports/<int:import_id>/": (THE_API, "GET"),
    "/api/v1/deals/imports/<int:import_id>/errors/": (THE_API, "GET"),
    "/api/v1/files/": (THE_API, "GET"),
    "/api/v1/files/<int:file_id>/": (THE_API, "GET DELETE"),
    "/api/v1/files/<int:file_id>/content/": (THE_API, "GET"),
    "/api/v1/files/<int:file_id>/process/": (THE_API, "POST"),
    "/api/v1/files/<int:file_id>/thumbnail/": (THE_API, "GET"),
    "/api/v1/pages/": (THE_API, "GET"),
    "/api/v1/pages/<int:page_id>/": (THE_API, "GET"),
    "/api/v1/tasks/<str:task_id>/": (TASKS, "GET DELETE"),
    "/api/v1/upload/": (THE_API, "POST"),
}
#: Of the admin, which asks everybody else to log in.
OPEN_IN_ADMIN = {"/admin/login/", "/admin/logout/", "/admin/jsi18n/"}


def routes(patterns: list[Any], prefix: str = "/") -> Iterator[str]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        else:
            yield path


ALL_ROUTES = list(dict.fromkeys(routes(get_resolver().url_patterns)))


class Site:
    """A web process for each mode on one database, and those who use them."""

    def __init__(self, environment: dict[str, str], start_process: Callable[..., ChildProcess]) -> None:
        self.persons = json.loads(run([sys.executable, "-m", "tests.support.probes.persons"], env=environment))
        self.urls = {}
        for access in ACCESSES:
            port = str(find_free_port())
            start_process([*MANAGE, "serve"], env={**environment, "API_ACCESS": access, "PORT": port})
            self.urls[access] = f"http://127.0.0.1:{port}"
        for url in self.urls.values():
            wait_until(lambda url=url: is_answering(url), 60, f"an answer of {url}")

    def ask(self, access: str, person: str, method: str, path: str, **headers: str) -> requests.Response:
        shown = {**self.persons[person], **headers}
        url = self.urls[access] + path
        return requests.request(method, url, headers=shown, allow_redirects=False, timeout=60)


def is_answering(url: str) -> bool:
    try:
        return requests.get(f"{url}/health/live/", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def site(service_environment: dict[str, str], start_process: Callable[..., ChildProcess]) -> Site:
    environment = {**service_environment, "DJANGO_SETTINGS_MODULE": "project.settings"}
    return Site(environment, start_process)


def expected(route: str, access: str, person: str, method: str) -> set[int]:
    """The statuses that fit. Who may not is told so before anything else, but by what has no REST framework."""
    allowed, methods = ROUTES[route]
    is_there = method in {*methods.split(), "OPTIONS"} or (method == "HEAD" and "GET" in methods)
    if person in allowed[access]:
        return {200, 204, 400, 404, 406} if is_there else {405}
    if route == "/docs/" and person == "anonymous":
        return {302}
    return {401} if person == "anonymous" else {403}


def test_every_route_has_a_line() -> None:
    of_the_service = {route for route in ALL_ROUTES if not route.startswith("/admin/")}

    assert set(ROUTES) == of_the_service


def test_each_may_do_what_its_line_says_and_nothing_else(site: Site) -> None:
    cases = [(r, a, p, m) for r in ROUTES for a in ACCESSES for p in PERSONS for m in METHODS]

    def difference(case: tuple[str, str, str, str]) -> str:
        route, access, person, method = case
        path = re.sub("<[^>]*>", "987654321", route)
        answer = site.ask(access, person, method, path)
        if answer.status_code not in expected(*case):
            return f"{access}: {method} {route} by {person}: {answer.status_code}, not {expected(*case)}"
        if answer.status_code == 405 and "Allow" not in answer.headers:
            return f"{access}: {method} {route} by {person}: no Allow"
        return ""

    with ThreadPoolExecutor(4) as threads:
        differences = [found for found in threads.map(difference, cases) if found]

    assert not differences, "\n".join(differences)


def test_the_admin_asks_everybody_but_staff_to_log_in(site: Site) -> None:
    paths = [re.sub("<[^>]*>", "1", r) for r in ALL_ROUTES if r.startswith("/admin/") and "(" not in r]
    assert len(paths) > 20

    for path in set(paths) - OPEN_IN_ADMIN:
        for person in ("anonymous", "token", "session"):
            answer = site.ask("public", person, "GET", path)
            assert (answer.status_code, answer.headers["Location"][:13]) == (302, "/admin/login/"), (person, path)


def test_a_session_needs_the_csrf_token_where_it_gives_rights(site: Site) -> None:
    without = {"X-CSRFToken": ""}

    closed = site.ask("token", "staff", "POST", "/api/v1/upload/", **without)
    open_to_all = site.ask("public", "staff", "POST", "/api/v1/upload/", **without)
    of_a_task = site.ask("public", "staff", "DELETE", "/api/v1/tasks/1/", **without)

    assert [closed.status_code, open_to_all.status_code, of_a_task.status_code] == [403, 400, 403]
    assert closed.json()["code"] == of_a_task.json()["code"] == "csrf_failed"
