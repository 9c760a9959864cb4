"""The two sides: a copy of the shop each, its worker, and what its caller says of a scene."""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.support.processes import MANAGE, REPOSITORY, ChildProcess

SHOP = Path(__file__).parent / "shop"
SCENE_SECONDS = 90.0
IMPORT = re.compile(r"^from celery\b", re.MULTILINE)


class Side:
    """A shop with its own servers' databases: its worker runs from `start` to `end`."""

    def __init__(self, *, folder: Path, python: Path, environment: dict[str, str], workers: list[list[str]]) -> None:
        self.folder = folder
        self._python = python
        self._workers = workers
        self._children: list[ChildProcess] = []
        self._environment = {
            **os.environ,
            **environment,
            "PYTHONPATH": os.pathsep.join([str(folder), str(REPOSITORY)]),
        }
        shutil.copytree(SHOP, folder / "shop", ignore=shutil.ignore_patterns("__pycache__"))

    def start(self) -> None:
        for command in self._workers:
            self._run(command)

    def begin(self, scene: str) -> ChildProcess:
        """Start a scene's caller; `answer` is to be called later."""
        return self._run([str(self._python), "-m", "shop.scenes", scene])

    def answer(self, caller: ChildProcess) -> Any:
        code = caller.wait(SCENE_SECONDS)
        assert code == 0, f"{caller.output}\nits worker:\n{self._children[0].output}"
        # Whatever warnings were written stand before it.
        output = caller.output
        return json.loads(output[output.index("[\n") :])

    def _run(self, command: list[str]) -> ChildProcess:
        output_path = self.folder / f"output-{len(self._children)}.txt"
        child = ChildProcess(command, env=self._environment, output_path=output_path, cwd=self.folder)
        self._children.append(child)
        return child

    def end(self) -> None:
        for child in self._children:
            child.kill_all()


def celery_side(*, folder: Path, python: Path, redis_url: str, diary_url: str) -> Side:
    """The shop as it was written, on Celery's worker and beat; processes, as is Celery's default."""
    options = ["--pool", "prefork", "--concurrency", "8", "--beat", "--schedule", str(folder / "beat")]
    return Side(
        folder=folder,
        python=python,
        environment={
            "DJANGO_SETTINGS_MODULE": "tests.side_by_side.celery_settings",
            "REDIS_URL": redis_url,
            "DIARY_URL": diary_url,
        },
        workers=[[str(python), "-m", "celery", "-A", "shop", "worker", *options]],
    )


def shim_side(*, folder: Path, database_url: str, redis_url: str, diary_url: str) -> Side:
    """The shop with one word changed in its imports, on our worker."""
    side = Side(
        folder=folder,
        python=Path(sys.executable),
        environment={
            "DJANGO_SETTINGS_MODULE": "tests.side_by_side.shim_settings",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "DIARY_URL": diary_url,
        },
        workers=[[*MANAGE, "worker", "-p", "1", "-t", "8"]],
    )
    for module in (folder / "shop").rglob("*.py"):
        module.write_text(IMPORT.sub("from apps.tasks.celery", module.read_text(encoding="utf-8")), encoding="utf-8")
    return side
