"""Where figures that acceptance tests have measured go."""

from collections.abc import Callable

import pytest

from tests.support.processes import REPOSITORY


@pytest.fixture
def figure(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """`figure("12 ms from a kill to the next start")`: into the test's report, its output and its folder's file of
    figures."""
    path = REPOSITORY / "test-output" / f"{request.path.parent.name}-figures.txt"

    def record(sentence: str) -> None:
        record_property("figure", sentence)
        print(f"\n  {request.node.name}: {sentence}")  # noqa: T201 — for whoever runs with -s
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as figures:
            figures.write(f"{request.node.name}: {sentence}\n")

    return record
