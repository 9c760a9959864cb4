"""The service under test, and where its figures go."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.probes import traces
from tests.support.processes import REPOSITORY, ChildProcess
from tests.support.service import Service

FIGURES_PATH = REPOSITORY / "test-output" / "task-layer-figures.txt"


@pytest.fixture
def service(service_environment: dict[str, str], start_process: Callable[..., ChildProcess]) -> Iterator[Service]:
    """A migrated, empty service with the probes' table; nothing runs yet. For a PostgreSQL of its own the test asks
    for `own_postgres` before this."""
    Path(service_environment["DATA_DIR"]).mkdir(parents=True, exist_ok=True)
    service = Service(service_environment, start_process)
    service.ledger.rows(traces.TABLE)
    yield service
    service.end()


@pytest.fixture
def figure(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """`figure("12 ms from a kill to the next start")`: into the test's report, its output and a file of figures."""

    def record(sentence: str) -> None:
        record_property("figure", sentence)
        print(f"\n  {request.node.name}: {sentence}")  # noqa: T201 — for whoever runs with -s
        FIGURES_PATH.parent.mkdir(exist_ok=True)
        with FIGURES_PATH.open("a", encoding="utf-8") as figures:
            figures.write(f"{request.node.name}: {sentence}\n")

    return record
