"""`make up` as the person in front of it sees it: ready, restarted, stopped, killed, side by side."""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
import requests

from apps.ops.embedded import ports
from apps.ops.embedded.endings import end_all, is_gone
from apps.ops.embedded.postgres import PostgresServer
from apps.ops.embedded.redis import RedisServer
from apps.ops.up.environment import MARK
from tests.support import session
from tests.support.processes import ChildProcess, wait_until

UP = [sys.executable, "-m", "apps.ops.up"]
#: What the suite sets for itself, and `make up` is to find out alone.
NOT_PASSED_ON = {"SECRET_KEY", "ALLOWED_HOSTS", "API_ACCESS", "HTTPS", "HOST", "LOG_FORMAT", "STATIC_DIR"}
SERVERS = {"DATABASE_URL", "REDIS_URL"}
START_SECONDS = 60
STOP_SECONDS = 15

PREPARED = pytest.mark.usefixtures("what_a_first_start_makes")

pytestmark = pytest.mark.slow


class Up:
    """One `make up` on a folder and a port of its own."""

    def __init__(self, start_process: Callable[..., ChildProcess], folder: Path, **variables: str) -> None:
        self.folder = folder
        self.port = int(variables.get("PORT", ports.find_free_port()))
        self.url = f"http://127.0.0.1:{self.port}/"
        kept = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON | SERVERS}
        kept.pop("MAKELEVEL", None)
        self.environment = {**kept, "DATA_DIR": str(folder), "PORT": str(self.port), **variables}
        self._start_process = start_process

    def start(self, command: list[str] = UP) -> ChildProcess:
        self.child = self._start_process(command, env=self.environment)
        return self.child

    def start_until_ready(self) -> ChildProcess:
        self.start().wait_for_output(f"ready: {self.url}\n", START_SECONDS)
        return self.child

    def login(self) -> dict[str, str]:
        found = re.search(r"^ready: .*\nadmin: (\S+)  user (\S+), password (\S+)$", self.child.output, re.M)
        assert found, self.child.output
        return dict(zip(("url", "user", "password"), found.groups(), strict=True))

    def web_answers(self) -> bool:
        try:
            return requests.get(f"{self.url}health/ready/", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def programs(self) -> list[psutil.Process]:
        """Web, worker and what they started, by the mark in their environment."""
        return [process for process in psutil.process_iter() if _mark(process) == str(self.folder)]

    def find(self, part: str) -> psutil.Process | None:
        """The leading process of a part."""
        if part in ("web", "worker"):
            word = {"web": "serve", "worker": "worker"}[part]
            return next((process for process in self.programs() if _leads(process, word)), None)
        path = {"postgres": "postgres/data/postmaster.pid", "redis": "redis/valkey.pid"}[part]
        try:
            process = psutil.Process(int((self.folder / path).read_text().split()[0]))
        except (OSError, IndexError, psutil.NoSuchProcess):
            return None
        return None if is_gone(process) else process

    def everything(self) -> list[psutil.Process]:
        servers = [self.find("postgres"), self.find("redis")]
        return self.programs() + [server for server in servers if server is not None]


def _leads(process: psutil.Process, command: str) -> bool:
    """Whether it is the part itself and not a child of it."""
    try:
        return process.cmdline()[-1:] == [command] and os.getsid(process.pid) == process.pid
    except (psutil.Error, ProcessLookupError):
        return False  # it ended between two looks


def _mark(process: psutil.Process) -> str | None:
    try:
        return None if is_gone(process) else process.environ().get(MARK)
    except psutil.Error:
        return None


@pytest.fixture
def up(start_process: Callable[..., ChildProcess], own_folder: Path) -> Iterator[Up]:
    yield from _one_up(start_process, own_folder / "up")


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of an `up` that was ready once and has been stopped."""
    folder = session.make_folder(Path(os.environ["DATA_DIR"]).parent)

    def start(command: list[str], *, env: dict[str, str]) -> ChildProcess:
        return ChildProcess(command, env=env, output_path=tmp_path_factory.mktemp("first") / "output.txt")

    for one in _one_up(start, folder / "up"):
        one.start_until_ready()
        assert one.child.terminate(STOP_SECONDS) == 0
    yield folder / "up"
    shutil.rmtree(folder)


@pytest.fixture
def what_a_first_start_makes(up: Up, first_start: Path) -> None:
    """Half of what a start takes, and nothing to the tests of what comes after it."""
    subprocess.run(["cp", "-a", first_start, up.folder], check=True)  # with owners: PostgreSQL's may be another one


@pytest.fixture
def second_up(start_process: Callable[..., ChildProcess], own_folder: Path) -> Iterator[Up]:
    yield from _one_up(start_process, own_folder / "second")


def _one_up(start_process: Callable[..., ChildProcess], folder: Path) -> Iterator[Up]:
    one = Up(start_process, folder)
    yield one
    end_all(one.programs(), [signal.SIGKILL], 5)
    PostgresServer(folder / "postgres").end_leftover()
    RedisServer(folder / "redis").end_leftover()


def log_in(login: dict[str, str], browser: requests.Session | None = None) -> requests.Response:
    browser = browser or requests.Session()
    browser.get(f"{login['url']}login/", timeout=10)
    return browser.post(
        f"{login['url']}login/",
        data={
            "username": login["user"],
            "password": login["password"],
            "next": "/admin/",
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        },
        timeout=10,
    )


def test_the_first_start_says_ready_and_a_login_that_works(up: Up) -> None:
    up.start_until_ready()

    answer = log_in(up.login())

    assert answer.url == f"{up.url}admin/"
    assert answer.status_code == 200
    stylesheet = re.search(r'href="(/static/admin/css/base[^"]*\.css)"', answer.text)
    assert stylesheet, "the page names its stylesheet"
    assert requests.get(f"{up.url}{stylesheet[1][1:]}", timeout=10).status_code == 200


def test_a_second_start_finds_data_and_login_again(up: Up) -> None:
    up.start_until_ready()
    first = up.login()
    assert up.child.terminate(STOP_SECONDS) == 0

    up.start_until_ready()

    assert up.login() == first
    assert log_in(up.login()).url == f"{up.url}admin/"


def test_an_editor_may_work_on_pages_and_nothing_else(up: Up) -> None:
    up.environment["DEMO_DATA"] = "1"
    up.start_until_ready()
    assert stat.S_IMODE((up.folder / "editor-login-embedded.json").stat().st_mode) == 0o600
    found = re.search(r"^editor of pages: user (\S+), password (\S+)$", up.child.output, re.M)
    assert found
    browser = requests.Session()

    log_in({"url": f"{up.url}admin/", "user": found[1], "password": found[2]}, browser)

    paths = ["pages/page/", "pages/page/add/", "pages/content/", "files/file/", "auth/user/", "tasks/invocation/"]
    statuses = [browser.get(f"{up.url}admin/{path}", timeout=10).status_code for path in paths]
    assert statuses == [200, 200, 200, 403, 403, 403]


@PREPARED
def test_a_command_beside_it_has_its_environment_as_long_as_it_runs(up: Up) -> None:
    def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "apps.ops.up.manage", *arguments]
        return subprocess.run(command, env=up.environment, capture_output=True, text=True, check=False)

    up.start_until_ready()
    assert stat.S_IMODE((up.folder / "environment.json").stat().st_mode) == 0o600
    assert "Generated token" in manage("drf_create_token", "admin").stdout
    assert up.child.terminate(STOP_SECONDS) == 0

    refused = manage("shell")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"No `make up` is running on {up.folder}. Start it first")


@PREPARED
def test_without_demonstration_there_is_no_editor(up: Up) -> None:
    up.environment["DEMO_DATA"] = "0"

    up.start_until_ready()

    assert "editor" not in up.child.output


@PREPARED
def test_nobody_else_reads_what_was_generated(up: Up) -> None:
    up.start_until_ready()

    secrets = [
        "secret-key",
        "admin-login-embedded.json",
        "postgres/password",
        "redis/password",
        "redis/valkey.conf",
    ]
    modes = {name: stat.S_IMODE((up.folder / name).stat().st_mode) for name in secrets}
    assert modes == dict.fromkeys(secrets, 0o600)
    words = [word for process in up.everything() for word in process.cmdline()]
    passwords = {(up.folder / name).read_text() for name in ("postgres/password", "redis/password", "secret-key")}
    assert not [word for word in words if any(password in word for password in passwords)]


@PREPARED
def test_every_part_that_is_killed_is_started_again(up: Up) -> None:
    up.start_until_ready()

    for part in ("web", "worker", "postgres", "redis"):
        killed = up.find(part)
        assert killed is not None, part
        killed.kill()

        def started_again(part: str = part, killed: psutil.Process = killed) -> bool:
            now = up.find(part)
            return now is not None and now.pid != killed.pid and up.web_answers()

        wait_until(started_again, 30, f"{part} is started again and the web answers")

    assert up.child.terminate(STOP_SECONDS) == 0
    assert up.everything() == []


@PREPARED
@pytest.mark.parametrize(
    "signals",
    [
        pytest.param([signal.SIGINT], id="ctrl-c"),
        pytest.param([signal.SIGTERM], id="sigterm"),
        pytest.param([signal.SIGINT, signal.SIGINT, signal.SIGTERM], id="impatience"),
    ],
)
def test_a_stop_ends_everything_in_order(up: Up, signals: list[signal.Signals]) -> None:
    child = up.start_until_ready()
    running = up.everything()

    for number in signals:
        child.send_signal_to_group(number)

    assert child.wait(STOP_SECONDS) == 0
    assert len(running) >= 4
    assert [process for process in running if not is_gone(process)] == []
    assert not (up.folder / "postgres/data/postmaster.pid").exists(), "PostgreSQL shut down in order"


@pytest.mark.parametrize("moment", ["PostgreSQL started", "database, static files"])
def test_a_stop_during_the_start_leaves_nothing_running(up: Up, moment: str) -> None:
    child = up.start()
    child.wait_for_output(moment, START_SECONDS)

    child.send_signal_to_group(signal.SIGINT)

    assert child.wait(STOP_SECONDS) == 0
    assert up.everything() == []


def test_a_ctrl_c_while_it_is_still_loading_ends_it_without_a_traceback(up: Up) -> None:
    child = up.start([sys.executable, "-X", "importtime", "-m", "apps.ops.up"])
    child.wait_for_output(" apps.ops.embedded\n")

    child.send_signal_to_group(signal.SIGINT)

    assert child.wait(STOP_SECONDS) in {0, -signal.SIGINT}
    assert "Traceback" not in child.output


@PREPARED
def test_a_name_that_is_not_this_machines_own_gets_no_answer(up: Up) -> None:
    up.start_until_ready()

    answers = {
        name: requests.get(f"{up.url}api/v1/files/", headers={"Host": f"{name}:{up.port}"}, timeout=10).status_code
        for name in ("localhost", "127.0.0.1", "[::1]", "rebound.example")
    }

    assert answers == {"localhost": 200, "127.0.0.1": 200, "[::1]": 200, "rebound.example": 400}


@PREPARED
def test_a_killed_run_never_blocks_the_next_start(up: Up) -> None:
    child = up.start_until_ready()
    login, orphans = up.login(), up.everything()
    child.kill()
    assert len([process for process in orphans if not is_gone(process)]) >= 4

    up.start_until_ready()

    assert [process for process in orphans if not is_gone(process)] == []
    assert up.login() == login
    assert up.child.terminate(STOP_SECONDS) == 0


@PREPARED
def test_it_ends_when_the_make_that_started_it_is_killed(up: Up) -> None:
    up.environment["MAKELEVEL"] = "1"
    make = up.start(["sh", "-c", f"{sys.executable} -m apps.ops.up; true"])
    make.wait_for_output(f"ready: {up.url}\n", START_SECONDS)

    make.kill()

    wait_until(lambda: up.everything() == [], STOP_SECONDS, "everything ends")


@PREPARED
def test_two_run_side_by_side(up: Up, second_up: Up) -> None:
    up.start_until_ready()
    second_up.start_until_ready()

    assert up.web_answers()
    assert second_up.web_answers()
    assert up.login()["password"] != second_up.login()["password"]


@PREPARED
def test_a_second_one_on_the_same_folder_says_who_has_it(up: Up, second_up: Up) -> None:
    child = up.start_until_ready()
    second_up.environment["DATA_DIR"] = str(up.folder)

    second = second_up.start()

    assert second.wait(START_SECONDS) == 1
    assert f"process {child.pid}" in second.output
    assert "DATA_DIR=" in second.output
    assert up.web_answers()


def test_a_port_that_is_taken_is_named_with_a_way_out(up: Up) -> None:
    with socket.create_server(("127.0.0.1", up.port)):
        child = up.start()

        assert child.wait(START_SECONDS) == 1
    assert f"Port {up.port} of 127.0.0.1 is taken" in child.output
    assert f"make up PORT={up.port + 1}" in child.output


def test_a_folder_that_cannot_be_made_is_named_with_a_way_out(up: Up, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    up.environment["DATA_DIR"] = str(tmp_path / "file" / "var")

    child = up.start()

    assert child.wait(START_SECONDS) == 1
    assert f"{tmp_path / 'file' / 'var'} cannot be used" in child.output


def test_a_bad_variable_is_named_before_anything_starts(up: Up) -> None:
    up.environment["API_ACCESS"] = "anybody"

    child = up.start()

    assert child.wait(START_SECONDS) == 1
    assert "API_ACCESS" in child.output
    assert not up.folder.exists()


def test_servers_of_the_users_own_are_used_instead_of_embedded_ones(
    up: Up, service_environment: dict[str, str]
) -> None:
    up.environment |= {name: service_environment[name] for name in SERVERS}

    up.start_until_ready()

    assert not (up.folder / "postgres").exists()
    assert not (up.folder / "redis").exists()
    database = psycopg2.connect(service_environment["DATABASE_URL"])
    with database, database.cursor() as cursor:
        cursor.execute("SELECT username FROM auth_user WHERE is_superuser")
        assert cursor.fetchall() == [(json.loads((up.folder / "admin-login-given.json").read_text())["user"],)]
    database.close()


def test_a_database_that_does_not_answer_is_named(up: Up) -> None:
    up.environment["DATABASE_URL"] = f"postgresql://user:word@127.0.0.1:{ports.find_free_port()}/nothing"

    child = up.start()

    assert child.wait(START_SECONDS) == 1
    assert "The database does not answer" in child.output
    assert "DATABASE_URL" in child.output
