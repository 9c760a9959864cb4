"""The id of a request goes all the way: from its answer into the log lines of another process, and back by the API."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.processes import MANAGE, ChildProcess, run, wait_until
from tests.support.service import Ledger

pytestmark = pytest.mark.slow

REQUEST = {"X-Request-ID": "from-outside"}


def lines(worker: ChildProcess) -> list[dict[str, Any]]:
    return [json.loads(line) for line in worker.output.splitlines() if line.startswith("{") and line.endswith("}")]


@pytest.fixture
def headers(service_environment: dict[str, str]) -> dict[str, str]:
    person = {"DJANGO_SUPERUSER_USERNAME": "marlow", "DJANGO_SUPERUSER_PASSWORD": "x"}
    create = [*MANAGE, "createsuperuser", "--noinput", "--email", "m@example.org"]
    run(create, env={**service_environment, **person})
    told = run([*MANAGE, "drf_create_token", "marlow"], env=service_environment)
    return {"Authorization": f"Token {told.split()[2]}"}


def test_what_goes_wrong_in_a_task_can_be_traced_to_its_request(
    service_environment: dict[str, str], start_process: Callable[..., ChildProcess], headers: dict[str, str]
) -> None:
    environment = {**service_environment, "LOG_FORMAT": "json"}
    url = f"http://127.0.0.1:{environment['PORT']}"
    web = start_process([*MANAGE, "serve"], env=environment)
    wait_until(lambda: is_answering(url), 60, f"an answer: {web.output}")
    ledger = Ledger(environment["DATABASE_URL"])
    answer = requests.post(f"{url}/api/v1/upload/", files={"file": ("a.txt", b"Long ago")}, headers=REQUEST, timeout=60)
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (201, "from-outside")
    task_id = ledger.one("SELECT invocation_id FROM files_file")
    (Path(environment["DATA_DIR"]) / "media" / ledger.one("SELECT file FROM files_file")).unlink()
    ledger.close()

    worker = start_process([*MANAGE, "worker"], env=environment)

    def complaints() -> list[dict[str, Any]]:
        return [line for line in lines(worker) if line.get("request_id") == "from-outside"]

    (complaint, *_) = wait_until(complaints, 60, f"a line about the task: {worker.output}")
    assert complaint["invocation"] == task_id
    told = requests.get(f"{url}/api/v1/tasks/{task_id}/", headers=headers, timeout=60).json()
    assert (told["actor"], told["request_id"]) == ("files.process_file", "from-outside")


def is_answering(url: str) -> bool:
    try:
        return requests.get(f"{url}/health/live/", timeout=5).ok
    except requests.ConnectionError:
        return False
