"""`manage.py serve` as a real process: how it starts and stops, and what clients see of it."""

import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.support.processes import MANAGE, ChildProcess, wait_until
from tests.unit.common.forms import BOUNDARY, form, part
from tests.unit.ops.descriptors import open_below
from tests.unit.ops.raw import EXPECT, Connection, connected, exchange, length, request

FORM_TYPE = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
MEBIBYTE = 1024 * 1024
#: Of a form above the file that it holds.
OVERHEAD_BYTES = MEBIBYTE


class Service:
    def __init__(self, child: ChildProcess, environment: dict[str, str]) -> None:
        self.child = child
        self.port = int(environment["PORT"])
        self.url = f"http://127.0.0.1:{self.port}"
        self.incoming = Path(environment["DATA_DIR"]) / "media" / "incoming"

    def stored(self) -> int:
        return len(requests.get(f"{self.url}/api/v1/files/", timeout=20).json())

    def memory_bytes(self, name: str) -> int:
        """`VmHWM`, the most it ever had, or `RssAnon`, what it has now without files."""
        found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{self.child.pid}/status").read_text())
        assert found
        return int(found[1]) * 1024


Start = Callable[..., Service]


@pytest.fixture
def start(start_process: Callable[..., ChildProcess], service_environment: dict[str, str]) -> Start:
    """`start(NAME="value")` starts the web process with these variables, and waits until it answers."""

    def start(**variables: str) -> Service:
        environment = {**service_environment, **variables}
        service = Service(start_process([*MANAGE, "serve"], env=environment), environment)
        service.child.wait_for_output("serving")
        return service

    return start


def upload_head(size: int, *headers: str) -> bytes:
    return request("POST", "/api/v1/upload/", FORM_TYPE, length(size), *headers)


# --- start and stop ---------------------------------------------------------------------------------


def test_help_says_what_can_be_set(service_environment: dict[str, str]) -> None:
    shown = subprocess.run([*MANAGE, "serve", "--help"], env=service_environment, capture_output=True, check=True)
    assert b"PORT" in shown.stdout


def test_a_taken_port_is_said_and_the_exit_code_is_1(
    start_process: Callable[..., ChildProcess], service_environment: dict[str, str]
) -> None:
    with socket.create_server(("127.0.0.1", int(service_environment["PORT"]))):
        child = start_process([*MANAGE, "serve"], env=service_environment)
        assert child.wait() == 1
    assert f"Port {service_environment['PORT']} of 127.0.0.1 is taken." in child.output
    assert "Traceback" not in child.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_signals_however_many_end_it_with_code_0(start: Start, number: signal.Signals) -> None:
    service = start()
    with connected(service.port) as busy:
        busy.send(upload_head(100), b"x")
        wait_until(lambda: requests.get(f"{service.url}/health/live/", timeout=20).ok, 20, "it answers")
        for _ in range(3):
            service.child.send_signal_to_group(number)
        busy.send(b"x" * 99)
        assert busy.answer().status == 400
    assert service.child.wait(10) == 0
    assert "Traceback" not in service.child.output


def test_an_upload_under_way_is_finished_before_the_end(start: Start) -> None:
    service = start()
    body = form(part("file", b"x" * 200_000, "x.txt"))
    with connected(service.port) as connection:
        connection.send(upload_head(len(body)), body[:100_000])
        wait_until(lambda: open_below(service.incoming, service.child.pid), 20, "the body has begun to arrive")
        service.child.send_signal(signal.SIGTERM)
        wait_until(lambda: is_refused(service.port), 20, "nobody is let in any more")
        connection.send(body[100_000:])
        answer = connection.answer()
    assert (answer.status, answer.headers["connection"]) == (201, "close")
    assert service.child.wait(10) == 0


def test_what_does_not_end_within_the_grace_is_cut_off(start: Start) -> None:
    service = start(SHUTDOWN_GRACE_SECONDS="1")
    with connected(service.port) as connection:
        connection.send(upload_head(100), b"x")
        wait_until(lambda: requests.get(f"{service.url}/health/live/", timeout=20).ok, 20, "it answers")
        assert service.child.terminate(8) == 0
    assert "cut off" in service.child.output


def is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it arrived in the moment in which the socket was closed
        return False
    return False


# --- uploads ----------------------------------------------------------------------------------------


def test_a_whole_form_is_taken_and_one_cut_short_leaves_nothing(start: Start) -> None:
    service = start()
    body = form(part("file", b"content", "../../жук.txt"))
    answer = exchange(service.port, upload_head(len(body)), body)
    assert (answer.status, answer.json["name"]) == (201, "жук.txt")
    cut = body[:-6]
    answer = exchange(service.port, upload_head(len(cut)), cut)
    assert (answer.status, answer.is_problem) == (400, True)
    assert [(error["field"], error["code"]) for error in answer.json["errors"]] == [("file", "truncated")]
    assert service.stored() == 1
    assert list(service.incoming.iterdir()) == []


def test_a_client_that_goes_away_leaves_nothing(start: Start) -> None:
    service = start()
    with connected(service.port) as connection:
        connection.send(upload_head(10_000_000), b"x" * 1_000_000)
        wait_until(lambda: open_below(service.incoming, service.child.pid), 20, "the body has begun to arrive")
    wait_until(lambda: not open_below(service.incoming, service.child.pid), 20, "the body is dropped")
    assert list(service.incoming.iterdir()) == []
    assert service.stored() == 0


def test_a_body_that_stops_coming_is_given_up_after_the_request_timeout(start: Start) -> None:
    service = start(REQUEST_TIMEOUT="1")
    answer = exchange(service.port, upload_head(100), b"x" * 99)
    assert (answer.status, answer.is_problem) == (408, True)


def test_slow_senders_occupy_no_thread(start: Start) -> None:
    service = start(WEB_THREADS="1")
    with ExitStack() as stack:
        slow: list[Connection] = [stack.enter_context(connected(service.port)) for _ in range(50)]
        for connection in slow:
            connection.send(upload_head(100), b"x")
        assert requests.get(f"{service.url}/health/live/", timeout=5).ok


@pytest.mark.parametrize("headers", [[], [EXPECT]], ids=["unasked", "expecting 100"])
def test_a_body_above_the_limit_is_refused_at_once(start: Start, headers: list[str]) -> None:
    service = start(MAX_UPLOAD_BYTES="1000")
    answer = exchange(service.port, upload_head(1000 + OVERHEAD_BYTES + 1, *headers))
    assert (answer.status, answer.is_problem) == (413, True)


def test_the_limit_for_a_file_is_exact(start: Start) -> None:
    service = start(MAX_UPLOAD_BYTES="1000")
    statuses = []
    for size in (1000, 1001):
        body = form(part("file", b"x" * size, "x.bin"))
        statuses.append(exchange(service.port, upload_head(len(body)), body).status)
    assert statuses == [201, 413]


def test_other_paths_take_less(start: Start) -> None:
    service = start()
    assert exchange(service.port, request("POST", "/admin/login/", length(10 * MEBIBYTE + 1))).status == 413


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
@pytest.mark.parametrize(
    "options", [[], ["-H", "Expect:"], ["-H", "Transfer-Encoding: chunked"]], ids=["plain", "without Expect", "chunked"]
)
def test_curl_shows_why_its_large_file_is_refused(start: Start, tmp_path: Path, options: list[str]) -> None:
    service = start(MAX_UPLOAD_BYTES="1000000")
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(50_000_000)
    command = ["curl", "-sS", *options, "-F", f"file=@{large}", "-w", "\n%{http_code}", f"{service.url}/api/v1/upload/"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    body, _, status = shown.rpartition("\n")
    assert status == "413"
    assert '"body_too_large"' in body


def test_a_client_that_sends_everything_first_can_read_why_it_is_refused(start: Start) -> None:
    service = start(MAX_UPLOAD_BYTES="1000000")
    answer = requests.post(f"{service.url}/api/v1/upload/", files={"file": b"x" * 50_000_000}, timeout=60)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_large_upload_does_not_make_the_process_large(start: Start) -> None:
    service = start()
    size = 300 * MEBIBYTE
    head, end = part("file", b"", "x.bin")[:-2], b"\r\n" + form()
    small = form(part("file", b"x" * 200_000, "x.bin"))
    assert exchange(service.port, upload_head(len(small)), small).status == 201  # what a first upload loads is loaded
    before = service.memory_bytes("VmHWM")
    with connected(service.port, timeout_seconds=200) as connection:
        connection.send(upload_head(len(head) + size + len(end)), head)
        for _ in range(size // MEBIBYTE):
            connection.send(b"x" * MEBIBYTE)
        connection.send(end)
        answer = connection.answer()
    assert (answer.status, answer.json["size"]) == (201, size)
    assert service.memory_bytes("VmHWM") - before < 20 * MEBIBYTE


# --- behind a proxy ---------------------------------------------------------------------------------


def test_the_trusted_proxy_says_where_the_client_is(start: Start) -> None:
    service = start(TRUSTED_PROXY="*")
    body = form(part("file", b"content", "x.txt"))
    forwarded = ["X-Forwarded-Proto: https", "X-Forwarded-Host: example.org"]
    answer = exchange(service.port, upload_head(len(body), *forwarded), body)
    assert answer.json["url"].startswith("https://example.org/api/v1/files/")


def test_without_a_trusted_proxy_nobody_is_believed(start: Start) -> None:
    service = start()
    body = form(part("file", b"content", "x.txt"))
    forwarded = ["X-Forwarded-Proto: https", "X-Forwarded-Host: example.org"]
    answer = exchange(service.port, upload_head(len(body), *forwarded), body)
    assert answer.json["url"].startswith("http://test/api/v1/files/")


# --- what Django could not read ---------------------------------------------------------------------


@pytest.mark.parametrize("parameter", ["charset*=nonsense''utf-8", "charset=base64", "charset=undefined"])
def test_a_type_of_body_that_nobody_can_read_is_a_problem(start: Start, parameter: str) -> None:
    service = start()
    answer = exchange(service.port, request("GET", "/api/v1/files/?name=%ff", f"Content-Type: text/csv; {parameter}"))
    assert (answer.status, answer.json["code"]) == (400, "malformed_request")
    assert answer.is_problem
    assert "Traceback" not in service.child.output


@pytest.mark.parametrize("parameter", ["charset=windows-1251", "charset=unheard-of", 'x="a;b"', "nothing"])
def test_other_parameters_of_a_type_of_body_do_no_harm(start: Start, parameter: str) -> None:
    service = start()
    answer = exchange(service.port, request("GET", "/api/v1/files/", f"Content-Type: text/csv; {parameter}"))
    assert answer.status == 200
