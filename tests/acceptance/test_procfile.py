"""The Procfile as a platform runs it, with honcho in the platform's place."""

import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from os import environ, pathsep
from pathlib import Path

import psutil
import pytest
import requests

from apps.ops.embedded import ports
from apps.ops.embedded.endings import is_gone
from tests.support.databases import create_database, drop_database
from tests.support.processes import MANAGE, REPOSITORY, ChildProcess, run, wait_until

pytestmark = pytest.mark.slow

HONCHO = [sys.executable, "-m", "honcho", "--env", "/dev/null", "--no-colour"]  # no `.env` of the developer's
BEHIND_PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


@pytest.fixture
def platform(service_environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """What a platform sets: an empty database, a port, HTTPS in front. `python` is the one with our packages."""
    empty = create_database(service_environment["DATABASE_URL"])
    path = pathsep.join([str(Path(sys.executable).parent), environ["PATH"]])
    yield {**service_environment, "DATABASE_URL": empty, "HTTPS": "1", "HOST": "127.0.0.1", "PATH": path}
    drop_database(empty)


@pytest.fixture
def honcho(platform: dict[str, str], start_process: Callable[..., ChildProcess]) -> ChildProcess:
    """`honcho start`, once the release has migrated, without ending the others, and the web process is ready."""
    child = start_process([*HONCHO, "start"], env=platform)
    wait_until(lambda: "tail" in program_names(child), 30, "the release is done and stays")
    wait_until(lambda: answers_ready(platform), 30, "the web process is ready")
    return child


def program_names(child: ChildProcess) -> set[str]:
    names = set()
    for process in child.processes():
        with suppress(psutil.NoSuchProcess):
            names.add(process.name())
    return names


def address(platform: dict[str, str], path: str) -> str:
    return f"http://127.0.0.1:{platform['PORT']}{path}"


def get(url: str) -> requests.Response:
    return requests.get(url, headers=BEHIND_PROXY, timeout=10)


def answers_ready(platform: dict[str, str]) -> bool:
    try:
        return get(address(platform, "/health/ready/")).status_code == 200
    except requests.ConnectionError:
        return False


def test_behind_a_proxy_a_file_is_taken_and_processed(honcho: ChildProcess, platform: dict[str, str]) -> None:
    answer = requests.post(
        address(platform, "/api/v1/upload/"),
        files={"file": ("note.txt", b"one two\n")},
        headers=BEHIND_PROXY,
        timeout=10,
    )

    assert answer.status_code == 201, answer.text
    assert answer.json()["url"].startswith("https://")
    file = address(platform, answer.headers["Location"])
    wait_until(lambda: get(file).json()["processed"], 20, "the file is processed")


def test_plain_http_is_redirected(honcho: ChildProcess, platform: dict[str, str]) -> None:
    files = address(platform, "/api/v1/files/")

    answer = requests.get(files, timeout=10, allow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (301, files.replace("http:", "https:"))


def test_a_browser_is_told_to_keep_to_https_on_this_host_and_on_no_other(
    honcho: ChildProcess, platform: dict[str, str]
) -> None:
    answer = get(address(platform, "/api/v1/files/"))

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_nothing_is_left_to_be_said_about_the_deployment(platform: dict[str, str]) -> None:
    check = [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"]

    settled = {"SECRET_KEY": secrets.token_urlsafe(50), "ALLOWED_HOSTS": "files.example.org", "TRUSTED_PROXY": "*"}

    assert "no issues" in run(check, env={**platform, **settled, "METRICS_TOKEN": secrets.token_urlsafe()})


def test_a_stop_ends_web_and_worker_in_order_and_leaves_nothing(honcho: ChildProcess) -> None:
    family = honcho.processes()

    assert honcho.terminate() == 143

    assert "web.1 stopped (rc=0)" in honcho.output
    assert "worker.1 stopped (rc=0)" in honcho.output
    assert all(is_gone(process) for process in family)


def test_the_release_ends_by_itself_on_a_platform_and_fails_when_the_migration_does(
    platform: dict[str, str], start_process: Callable[..., ChildProcess]
) -> None:
    release = (REPOSITORY / "Procfile").read_text().partition("release: ")[2]
    unreachable = {"DATABASE_URL": f"postgresql://nobody@127.0.0.1:{ports.find_free_port()}/nothing"}

    done = start_process(["bash", "-c", release], env=platform)
    failed = start_process(["bash", "-c", release], env={**platform, **unreachable})

    assert done.wait(30) == 0, done.output
    assert failed.wait(30) != 0
