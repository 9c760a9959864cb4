"""The questions that a container's health check asks, put to real processes."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.support.processes import MANAGE, REPOSITORY, ChildProcess, wait_until

pytestmark = pytest.mark.slow


def is_healthy(part: str, environment: dict[str, str]) -> bool:
    probe = subprocess.run(
        [sys.executable, "-m", "apps.ops.probes", part], env=environment, cwd=REPOSITORY, timeout=30, check=False
    )
    return probe.returncode == 0


def test_the_web_probe_says_whether_the_web_process_answers(
    service_environment: dict[str, str], start_process: Callable[..., ChildProcess]
) -> None:
    assert not is_healthy("web", service_environment)

    web = start_process([*MANAGE, "serve"], env=service_environment)

    wait_until(lambda: is_healthy("web", service_environment), 20, "the web process is healthy")
    web.terminate()
    assert not is_healthy("web", service_environment)


def test_the_web_probe_gets_past_allowed_hosts_and_the_redirect_to_https(
    service_environment: dict[str, str], start_process: Callable[..., ChildProcess]
) -> None:
    environment = {**service_environment, "ALLOWED_HOSTS": ".example.com, example.org", "HTTPS": "1"}

    start_process([*MANAGE, "serve"], env=environment)

    wait_until(lambda: is_healthy("web", environment), 20, "the web process is healthy")


def test_the_worker_probe_says_whether_this_hosts_worker_has_a_lease(
    service_environment: dict[str, str], start_process: Callable[..., ChildProcess]
) -> None:
    assert not is_healthy("worker", service_environment)

    worker = start_process([*MANAGE, "worker"], env=service_environment)

    wait_until(lambda: is_healthy("worker", service_environment), 20, "the worker is healthy")
    worker.terminate()
    assert not is_healthy("worker", service_environment)


def test_the_worker_probe_fails_where_there_is_no_database(service_environment: dict[str, str]) -> None:
    assert not is_healthy("worker", {**service_environment, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/no"})
