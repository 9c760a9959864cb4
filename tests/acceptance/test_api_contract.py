"""The service does what its OpenAPI document says: schemathesis asks a running one, with what fits and what does not.

What it sends is the same each time. `CONTRACT_EXAMPLES=300` sends more, `CONTRACT_SEED=2` other things,
`CONTRACT_ACCESS=public` sends it to an open service.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.support.processes import MANAGE, REPOSITORY, ChildProcess, run, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ACCESS = os.environ.get("CONTRACT_ACCESS", "token")
EXAMPLES = os.environ.get("CONTRACT_EXAMPLES", "5")
SEED = os.environ.get("CONTRACT_SEED")
CHOICE = ["--seed", SEED] if SEED else ["--generation-deterministic"]
SCHEMATHESIS = [str(Path(sys.executable).parent / "schemathesis"), "--config-file"]
SCHEMATHESIS += [str(REPOSITORY / "tests" / "acceptance" / "contract.toml")]


def test_the_service_does_what_its_document_says(
    service_environment: dict[str, str],
    start_process: Callable[..., ChildProcess],
    tmp_path: Path,
) -> None:
    environment = {**service_environment, "API_ACCESS": ACCESS, "DJANGO_SETTINGS_MODULE": "project.settings"}
    token = json.loads(run([sys.executable, "-m", "tests.support.probes.contract_data"], env=environment))["token"]
    start_process([*MANAGE, "worker"], env=environment)
    start_process([*MANAGE, "serve"], env=environment)
    url = f"http://127.0.0.1:{environment['PORT']}"
    headers = {"Authorization": f"Token {token}"}
    wait_until(lambda: is_all_processed(url, headers), 60, "the files have been processed")

    command = [*SCHEMATHESIS, "run", f"{url}/api/schema/", "-H", f"Authorization: {headers['Authorization']}"]
    command += ["--max-examples", EXAMPLES, *CHOICE, "--continue-on-failure"]
    asked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert not re.search(r"Operations:.*(skipped|errored)", asked.stdout)


def is_all_processed(url: str, headers: dict[str, str]) -> bool:
    try:
        files = requests.get(f"{url}/api/v1/files/", headers=headers, timeout=5)
    except requests.ConnectionError:
        return False
    return files.ok and all(file["status"] in {"processed", "failed"} for file in files.json())
