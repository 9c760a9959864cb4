"""Who is answered while others keep the threads."""

from collections.abc import Callable

import pytest

from tests.support.processes import wait_until
from tests.unit.ops.conftest import RunningServer
from tests.unit.ops.raw import connected, exchange, length, request

IMPORT = "/api/v1/deals/"


@pytest.mark.parametrize("path", ["/health/live/", "/health/ready/", "/metrics"])
def test_the_probes_are_answered_while_all_threads_wait(start_server: Callable[..., RunningServer], path: str) -> None:
    server = start_server(threads=1)
    with connected(server.port) as waiting:
        waiting.send(request("GET", "/wait/"))
        wait_until(lambda: server.probe.paths, 20, "the only thread waits")
        assert exchange(server.port, request("GET", path)).status == 200


def test_the_process_says_that_it_lives_while_the_other_probes_wait(
    start_server: Callable[..., RunningServer],
) -> None:
    server = start_server(threads=1)
    server.probe.waiting_paths |= {"/health/ready/", "/metrics"}
    with connected(server.port) as ready, connected(server.port) as metrics:
        ready.send(request("GET", "/health/ready/"))
        metrics.send(request("GET", "/metrics"))
        wait_until(lambda: server.probe.paths, 20, "their only thread waits")
        assert exchange(server.port, request("GET", "/health/live/")).status == 200


def test_imports_leave_a_thread_to_the_others(start_server: Callable[..., RunningServer]) -> None:
    server = start_server(threads=1)
    server.probe.waiting_paths = {IMPORT}
    with connected(server.port) as importing, connected(server.port) as next_one:
        importing.send(request("POST", IMPORT, length(1)), b"x")
        wait_until(lambda: server.probe.paths, 20, "the import is under way")
        next_one.send(request("POST", "//api/process_deals/", "Prefer: not-respond-async", length(1)), b"x")
        server.probe.waiting_paths = set()
        assert exchange(server.port, request("GET", IMPORT)).status == 200
        later = request("POST", IMPORT, "Prefer: wait=1, Respond-Async", length(1))
        assert exchange(server.port, later, b"x").status == 200
        assert exchange(server.port, request("POST", IMPORT, length(10**9))).status == 413
        assert next_one.is_silent_for(0.5), "one at a time"
        server.probe.may_go_on.set()
        assert [one.answer().status for one in (importing, next_one)] == [200, 200]
