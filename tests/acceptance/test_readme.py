"""The README's API examples, run as they stand there against a real web process and a real worker."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.support import processes
from tests.support.processes import MANAGE, REPOSITORY, wait_until

DEADLINE_SECONDS = 20
SHOWN = "http://127.0.0.1:8000/"
#: Each example: a shell block and, where one follows, the part of its answer that is shown.
EXAMPLE = re.compile(r"```sh\n(?P<shell>[^`]*?curl [^`]*?)```\n(?:```json\n(?P<answer>[^`]*?)```\n)?")


def test_every_example_answers_what_the_readme_says(service_environment, start_process, tmp_path):
    processes.run([*MANAGE, "migrate", "pages", "0003"], env=service_environment)
    processes.run([*MANAGE, "migrate"], env={**service_environment, "DEMO_DATA": "1"})
    start_process([*MANAGE, "worker"], env=service_environment)
    start_process([*MANAGE, "serve"], env=service_environment)
    base = f"http://127.0.0.1:{service_environment['PORT']}/"
    wait_until(lambda: run(f"curl -fs {base}health/ready/", tmp_path), DEADLINE_SECONDS, "the service is ready")
    examples = list(EXAMPLE.finditer((REPOSITORY / "README.md").read_text(encoding="utf-8")))

    assert len(examples) >= 8
    for example in examples:
        check(example["shell"].replace(SHOWN, base), (example["answer"] or "").replace(SHOWN, base), tmp_path)
    assert (tmp_path / "copy.csv").read_bytes() == (tmp_path / "gems.csv").read_bytes()


def check(shell: str, answer: str, folder: Path) -> None:
    """A read is repeated until the work in the background is done; what changes something runs once."""
    is_read = not re.search(r"-X|-F", shell)
    outputs: list[str] = []

    def answered() -> bool:
        outputs.append(run(shell, folder))
        return not answer or contains(json.loads(outputs[-1]), json.loads(answer))

    try:
        wait_until(answered, DEADLINE_SECONDS if is_read else 0, shell)
    except AssertionError as error:
        raise AssertionError(f"{error}\nexpected: {answer}\nanswered: {outputs[-1]}") from None


def run(shell: str, folder: Path) -> str:
    done = subprocess.run(["bash", "-c", shell], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout


def contains(answer: Any, shown: Any) -> bool:
    """Whether all that is shown is in the answer: members of objects in part, lists entry by entry."""
    if isinstance(shown, dict):
        return isinstance(answer, dict) and all(k in answer and contains(answer[k], v) for k, v in shown.items())
    if isinstance(shown, list):
        return len(answer) == len(shown) and all(contains(a, s) for a, s in zip(answer, shown, strict=True))
    return bool(answer == shown)
