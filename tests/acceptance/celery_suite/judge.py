"""Runs those of Celery's tests that are in scope, in processes of their own beside real workers.

Many of them wait for seconds, so they are shared out to several runs at a time. Each run has a database, a Redis
database and a worker of its own, with a single thread: Celery's tests fill that up to make a task wait.
"""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from tests.support import databases
from tests.support.processes import MANAGE, REPOSITORY, ChildProcess, wait_until
from tests.support.service import Ledger

RUNS = 3
RUN_SECONDS = 150.0
#: What these take at least; the others take next to nothing. It only evens out the runs.
LONG_SECONDS = {"test_retry": 30, "test_expired": 16, "test_timeout": 10, "test_revoked": 8, "test_eta": 6}
INSIDE = "tests.acceptance.celery_suite.inside"
SITE = "tests.acceptance.celery_suite.site.settings"


class Outcome(NamedTuple):
    passed: bool
    text: str


class Report(NamedTuple):
    """`collected`: the ids of all tests that there are; `outcomes`: what became of those that were run."""

    collected: list[str]
    outcomes: dict[str, Outcome]


def copy_tests(sources: Path, folder: Path) -> Path:
    """Celery's integration tests without Celery itself beside them."""
    shutil.copytree(sources / "t" / "integration", folder / "t" / "integration")
    shutil.copy(sources / "t" / "__init__.py", folder / "t")
    shutil.copy(sources / "t" / "canvas_helpers.py", folder / "t")
    shutil.copy(sources / "pyproject.toml", folder)
    return folder


def judge(
    *, tests: Path, folder: Path, selections: Sequence[str], identifiers: Sequence[str], redis_port: int, template: str
) -> Report:
    """Run the tests with these ids, all of which are in `selections`, and wait for their ends.

    `template` is a migrated database on the session's PostgreSQL. The Redis listens on this machine, and asks for no
    password.
    """
    runs, shares = [], share_out(identifiers)
    with ExitStack() as stack:
        for number in range(RUNS):
            url = databases.create_database(os.environ["DATABASE_URL"], template=template)
            stack.callback(databases.drop_database, url)
            run = Run(
                tests=tests,
                folder=folder / str(number),
                addresses={
                    "DATABASE_URL": url,
                    "REDIS_URL": f"redis://127.0.0.1:{redis_port}/{number}",
                    "REDIS_PORT": str(redis_port),  # Celery's test tasks build their own address
                    "REDIS_HOST": "127.0.0.1",
                },
            )
            stack.callback(run.clear)
            runs.append(run)
        for run, share in zip(runs, shares, strict=True):
            run.begin(selections, share)
        reports = [run.end() for run in runs]
    return Report(reports[0].collected, {key: value for report in reports for key, value in report.outcomes.items()})


def share_out(identifiers: Sequence[str]) -> list[list[str]]:
    """A list for each run, each as long in time as the others."""
    shares: list[list[str]] = [[] for _ in range(RUNS)]
    for identifier in sorted(identifiers, key=seconds, reverse=True):
        min(shares, key=lambda share: sum(map(seconds, share))).append(identifier)
    return shares


def seconds(identifier: str) -> float:
    return LONG_SECONDS.get(identifier.rpartition("::")[2], 0.5)


class Run:
    """One worker and one pytest beside it, on databases that nobody else uses."""

    def __init__(self, *, tests: Path, folder: Path, addresses: dict[str, str]) -> None:
        folder.mkdir()
        self._tests = tests
        self._folder = folder
        self._children: list[ChildProcess] = []
        self._environment = {
            **os.environ,
            **addresses,
            "DATA_DIR": str(folder / "data"),
            "DJANGO_SETTINGS_MODULE": SITE,
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(tests)]),
            "CELERY_SUITE_FOLDER": str(folder),
        }
        for variable in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER"):
            self._environment.pop(variable, None)
        self.worker = self._start([*MANAGE, "worker", "-p", "1", "-t", "1"], REPOSITORY)

    def begin(self, selections: Sequence[str], chosen: Sequence[str]) -> None:
        """Start the tests, when the worker works."""
        (self._folder / "chosen.txt").write_text("\n".join(chosen))
        plugins = ["-p", "no:django", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", INSIDE, "--noconftest"]
        options = ["-c", str(self._tests / "pyproject.toml"), "--rootdir", str(self._tests), "-q"]
        self._wait_for_lease()
        self.pytest = self._start([sys.executable, "-m", "pytest", *plugins, *options, *selections], self._tests)

    def _start(self, command: list[str], cwd: Path) -> ChildProcess:
        output_path = self._folder / f"output-{len(self._children)}.txt"
        self._children.append(ChildProcess(command, env=self._environment, output_path=output_path, cwd=cwd))
        return self._children[-1]

    def _wait_for_lease(self) -> None:
        ledger = Ledger(self._environment["DATABASE_URL"])

        def has_lease() -> bool:
            assert self.worker.is_running(), self.worker.output
            return bool(ledger.one("SELECT count(*) FROM tasks_workerprocess"))

        wait_until(has_lease, 30, "a worker's lease")
        ledger.close()

    def end(self) -> Report:
        """What became of its tests. Fails when the run itself broke off."""
        code = self.pytest.wait(RUN_SECONDS)
        assert code in (0, 1), f"pytest ended with {code}:\n{self.pytest.output}"
        assert self.worker.is_running(), self.worker.output
        outcomes: dict[str, Outcome] = {}
        for line in (self._folder / "outcomes.jsonl").read_text().splitlines():
            told = json.loads(line)
            # A test that passed may still fail while what it used is cleared away: the last word counts.
            outcomes[told["id"]] = Outcome(told["outcome"] == "passed", told["text"])
        return Report(json.loads((self._folder / "collected.json").read_text()), outcomes)

    def clear(self) -> None:
        for child in self._children:
            child.kill_all()
