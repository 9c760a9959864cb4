"""The fixtures and names that Celery's tests ask of their conftest, in the process that runs them.

A plugin of pytest. Celery's own fixtures start Celery's worker inside the test process; here the judge has started a
real one beside it.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import pytest

django.setup()  # the settings resolve `celery` to the shim

from celery import Celery  # noqa: E402
from celery.result import AsyncResult  # noqa: E402
from t.integration.tasks import get_redis_connection  # noqa: E402

from apps.tasks.models import Invocation  # noqa: E402
from apps.tasks.states import Status  # noqa: E402
from tests.acceptance.celery_suite.site.celery import app as site_app  # noqa: E402

#: Celery's test modules import these from their conftest.
TEST_BACKEND = os.environ["REDIS_URL"]
sys.modules["t.integration.conftest"] = sys.modules[__name__]
flaky = pytest.mark.timeout(timeout=120)  # once: here no test is run again because it failed

#: What a worker has before it; what is scheduled may be so for minutes, and holds nobody up.
UNDER_WAY = (Status.QUEUED, Status.RUNNING, Status.ENDING)
IDLE_SECONDS = 30.0
LOOK_SECONDS = 0.02


def get_active_redis_channels() -> list[bytes]:
    return list(get_redis_connection().pubsub_channels())


def check_for_logs(*_args: object, **_options: object) -> bool:
    raise NotImplementedError("tests that look for the worker's log in their own process are out of scope")


class Backend:
    """Celery's tests look at results through the result backend; all that they read is in AsyncResult."""

    def get_task_meta(self, task_id: str) -> dict[str, Any]:
        result = AsyncResult(task_id)
        return {"status": result.status, "result": result.result}


class Manager:
    """What Celery's tests use of `celery.contrib.testing.manager`."""

    def __init__(self, app: Celery) -> None:
        self.app = app

    def wait_for(self, check: Callable[[], object], catch: tuple[type[BaseException], ...]) -> None:
        """Until `check` no longer raises what is to be caught."""
        deadline = time.monotonic() + IDLE_SECONDS
        while True:
            try:
                check()
            except catch:
                if time.monotonic() > deadline:
                    raise
                time.sleep(LOOK_SECONDS)
            else:
                return

    def wait_until_idle(self) -> None:
        """Until a worker has nothing before it: what one test leaves behind delays no other."""

        def nothing_is_left() -> None:
            assert not Invocation.objects.filter(status__in=UNDER_WAY).exists()

        self.wait_for(nothing_is_left, catch=(AssertionError,))


@pytest.fixture(scope="session")
def celery_session_app() -> Celery:
    return site_app


@pytest.fixture(scope="session")
def celery_session_worker() -> None:
    """Runs already."""


@pytest.fixture
def app(celery_session_app: Celery, monkeypatch: pytest.MonkeyPatch) -> Celery:
    monkeypatch.setattr(celery_session_app, "backend", Backend(), raising=False)
    monkeypatch.setattr(AsyncResult, "backend", Backend(), raising=False)
    return celery_session_app


@pytest.fixture
def manager(app: Celery) -> Iterator[Manager]:
    manager = Manager(app)
    yield manager
    manager.wait_until_idle()


class Reporter:
    """Runs the chosen tests of those that are collected, and writes down what became of each."""

    def __init__(self, folder: Path) -> None:
        self._chosen = set((folder / "chosen.txt").read_text().split("\n"))
        self._collected = folder / "collected.json"
        self._outcomes = (folder / "outcomes.jsonl").open("a", buffering=1)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self._collected.write_text(json.dumps([item.nodeid for item in items]))
        items[:] = [item for item in items if item.nodeid in self._chosen]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            line = {"id": report.nodeid, "outcome": report.outcome, "text": report.longreprtext}
            self._outcomes.write(json.dumps({**line, "seconds": report.duration}) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Reporter(Path(os.environ["CELERY_SUITE_FOLDER"])))
