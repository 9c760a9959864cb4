"""How long requests took, by route and status, in all the processes that serve on one port.

Some microseconds a request: the child of each combination is kept, and no label is made twice.
"""

import os
import time
from collections.abc import Callable
from functools import cache
from http import HTTPMethod
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector

#: Of this process; where several share a folder, `registry` has what is in there.
own_registry = CollectorRegistry()
SECONDS = Histogram(
    "understudy_http_request_duration_seconds",
    "Seconds from a request to its answer's beginning, by route; bodies that are sent afterwards are not in it.",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=own_registry,
)
REFUSED = Counter(
    "understudy_http_refused_total",
    "Requests that were refused before they reached the application: too large, too slow, malformed.",
    ["status"],
    registry=own_registry,
)
METHODS = frozenset(HTTPMethod)
OTHER = "other"
#: What no route fits: unknown addresses, and static files. The address itself would be a label of the client's choice.
NO_ROUTE = "none"
#: Where the processes of one server add up, if they are several.
_shared: list[Path] = []


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """First in the list, so that what the others take is measured."""
    observer, now = _observer, time.perf_counter

    def measured(request: HttpRequest) -> HttpResponse:
        began = now()
        response = get_response(request)
        match = request.resolver_match
        method = request.method if request.method in METHODS else OTHER
        observer(method, match.route if match else NO_ROUTE, response.status_code)(now() - began)
        return response

    return measured


def count_refused(status: int) -> None:
    """One that never became a request of the application's."""
    REFUSED.labels(status=status).inc()


def share_among_processes(folder: Path) -> None:
    """From here on this process and those that it forks add up in files there, each in its own. To be called before
    anything is measured: the files of a process that has died go on counting."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call] # the library is half annotated
    _shared[:] = [folder]


def registry() -> CollectorRegistry:
    """What all processes of this server have measured."""
    if not _shared:
        return own_registry
    together = CollectorRegistry()
    MultiProcessCollector(together, path=str(_shared[0]))  # type: ignore[no-untyped-call] # as above
    return together


@cache  # bounded: methods, routes and statuses are the service's own
def _observer(method: str, route: str, status: int) -> Callable[[float], None]:
    return SECONDS.labels(method=method, route=f"/{route}" if route != NO_ROUTE else route, status=status).observe
