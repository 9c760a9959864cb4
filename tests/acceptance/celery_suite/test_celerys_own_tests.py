"""Celery's own tests of single tasks pass on the shim, beside a real worker."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from apps.ops.embedded.redis import RedisServer
from tests.acceptance.celery_suite import scope
from tests.acceptance.celery_suite.judge import Report, copy_tests, judge
from tests.support import session

SELECTIONS = ("t/integration/test_tasks.py", "t/integration/test_canvas.py::test_link_error")
IN_SCOPE = [identifier for selection in SELECTIONS for identifier in scope.in_scope(selection)]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def open_redis() -> Iterator[RedisServer]:
    """Some of Celery's test tasks write into Redis themselves, and know no password."""
    folder = session.make_folder(Path(os.environ["DATA_DIR"]).parent)
    server = RedisServer(folder / "redis")
    server.start()
    with redis.Redis.from_url(server.url()) as client:
        client.config_set("requirepass", "")
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def report(
    celery_sources: Path, migrated_template: str, open_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Report:
    """What became of all tests that are in scope; they are run once, several at a time."""
    return judge(
        tests=copy_tests(celery_sources, tmp_path_factory.mktemp("tests")),
        folder=tmp_path_factory.mktemp("runs"),
        selections=SELECTIONS,
        identifiers=IN_SCOPE,
        redis_port=open_redis.port,
        template=migrated_template,
    )


def test_every_test_of_celerys_is_listed_and_every_listed_one_exists(report: Report) -> None:
    listed = {identifier for selection in SELECTIONS for identifier in scope.read()[selection]}
    assert set(report.collected) == listed


@pytest.mark.parametrize("identifier", IN_SCOPE, ids=lambda identifier: identifier.rpartition("/")[2][-60:])
def test_it_passes(report: Report, identifier: str) -> None:
    outcome = report.outcomes.get(identifier)
    assert outcome is not None, "it was not run"
    assert outcome.passed, outcome.text
