"""`manage.py serve` with several processes on one port: all serve, a dead one is replaced, all leave together."""

import signal
import socket
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import requests

from apps.ops.embedded import ports
from apps.ops.embedded.endings import is_gone
from tests.support.processes import MANAGE, ChildProcess, wait_until
from tests.unit.common.forms import BOUNDARY, form, part
from tests.unit.ops.raw import connected, length, request

FORM_TYPE = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"


class Pool:
    def __init__(self, child: ChildProcess, port: int) -> None:
        self.child = child
        self.port = port
        self.url = f"http://127.0.0.1:{port}"

    @property
    def members(self) -> list[psutil.Process]:
        return self.child.processes()[1:]

    def serving(self) -> int:
        """How many processes have ever begun to serve."""
        return self.child.output.count("serving")

    def answers(self) -> bool:
        return requests.get(f"{self.url}/health/live/", timeout=20).ok


@pytest.fixture
def pool(start_process: Callable[..., ChildProcess], service_environment: dict[str, str]) -> Pool:
    environment = {**service_environment, "WEB_PROCESSES": "2", "WEB_THREADS": "2"}
    pool = Pool(start_process([*MANAGE, "serve"], env=environment), int(environment["PORT"]))
    wait_until(lambda: pool.serving() == 2, 20, "both serve")
    return pool


def test_a_process_that_is_killed_is_replaced_while_the_other_one_answers(pool: Pool) -> None:
    victim, survivor = pool.members
    victim.kill()
    assert pool.answers()
    wait_until(lambda: pool.serving() == 3, 20, "another one serves")
    assert len(pool.members) == 2
    assert survivor in pool.members


def test_when_all_are_killed_connections_wait_for_the_next(pool: Pool) -> None:
    for member in pool.members:
        member.kill()
    assert pool.answers()


@pytest.mark.parametrize("to_group", [False, True], ids=["to the parent", "to the group"])
def test_told_to_stop_they_end_what_is_under_way_and_let_nobody_in(pool: Pool, *, to_group: bool) -> None:
    body = form(part("file", b"x" * 50_000, "x.txt"))
    head = request("POST", "/api/v1/upload/", FORM_TYPE, length(len(body)))
    with connected(pool.port) as connection:
        connection.send(head, body[:-10_000])
        assert pool.answers()
        for _ in range(2):
            send = pool.child.send_signal_to_group if to_group else pool.child.send_signal
            send(signal.SIGTERM)
        wait_until(lambda: _is_refused(pool.port), 20, "nobody is let in any more")
        connection.send(body[-10_000:])
        assert connection.answer().status == 201
    assert pool.child.wait(10) == 0
    assert "Traceback" not in pool.child.output


def test_without_their_parent_they_do_not_stay(pool: Pool) -> None:
    members = pool.members
    pool.child.kill()
    _, alive = psutil.wait_procs(members, timeout=10)
    assert not alive
    assert _is_refused(pool.port)


def _is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_whichever_process_is_asked_tells_the_requests_of_all_even_of_one_that_was_killed(pool: Pool) -> None:
    for _ in range(20):
        assert pool.answers()
    before = asked_so_far(pool)
    assert before == 20
    pool.members[0].kill()
    wait_until(lambda: pool.serving() == 3, 20, "another one serves")
    assert pool.answers()
    assert {asked_so_far(pool) for _ in range(10)} == {21}


def asked_so_far(pool: Pool) -> float:
    text = requests.get(f"{pool.url}/metrics", timeout=20).text
    counted = "understudy_http_request_duration_seconds_count"
    line = next(one for one in text.splitlines() if one.startswith(counted) and "/health/live/" in one)
    return float(line.split()[-1])


def test_what_a_killed_server_measured_is_removed_by_the_next_one(
    pool: Pool, start_process: Callable[..., ChildProcess], service_environment: dict[str, str]
) -> None:
    members = pool.members
    held = [descriptor.readlink() for descriptor in Path(f"/proc/{pool.child.pid}/fd").iterdir()]
    (folder,) = [path for path in held if path.name.startswith("understudy-metrics-")]
    pool.child.send_signal(signal.SIGKILL)
    wait_until(lambda: all(is_gone(member) for member in members), 20, "all are gone")
    assert folder.exists()

    other = {**service_environment, "WEB_PROCESSES": "2", "PORT": str(ports.find_free_port())}
    next_one = start_process([*MANAGE, "serve"], env=other)
    wait_until(lambda: next_one.output.count("serving") == 2, 20, "others serve")

    assert not folder.exists()


def test_what_a_running_server_measures_stays(
    pool: Pool, start_process: Callable[..., ChildProcess], service_environment: dict[str, str]
) -> None:
    assert pool.answers()
    other = {**service_environment, "WEB_PROCESSES": "2", "PORT": str(ports.find_free_port())}
    next_one = start_process([*MANAGE, "serve"], env=other)
    wait_until(lambda: next_one.output.count("serving") == 2, 20, "others serve")
    assert asked_so_far(pool) == 1
