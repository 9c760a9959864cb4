"""The versions of everything that takes part in a run."""

import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import redis

from tests.benchmarks import machine

PRINT_VERSION = "import importlib.metadata as m; print(m.version('celery'))"


class CeleryMissingError(Exception):
    """There is nothing to compare with."""

    def __init__(self, python: Path) -> None:
        super().__init__(f"No Celery can be run with {python}: `make bench` installs it, `--celery` names another.")


def versions(
    celery_python: Path, query: Callable[[str], tuple[Any, ...]], client: redis.Redis, folder: Path
) -> dict[str, str]:
    """By name; with the durability of the disk, which belongs to them."""
    server = client.info("server")
    return {
        "PostgreSQL": str(query("SHOW server_version")[0]).split()[0],
        "Valkey": str(server.get("valkey_version", server["redis_version"])),
        "Django": version("django"),
        "Django REST framework": version("djangorestframework"),
        "Waitress": version("waitress"),
        "Dramatiq": version("dramatiq"),
        "Celery": celery_version(celery_python),
        "one fsync of 4 KiB": f"{machine.fsync_ms(folder):.2f} ms",
    }


def celery_version(python: Path) -> str:
    try:
        answer = subprocess.run([str(python), "-c", PRINT_VERSION], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise CeleryMissingError(python) from None
    return answer.stdout.strip()
