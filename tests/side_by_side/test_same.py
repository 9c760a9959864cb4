"""What a shop's tasks give, and in which order, is the same on Celery and on the shim."""

import difflib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.ops.embedded.redis import RedisServer
from tests.side_by_side.sides import Side, celery_side, shim_side
from tests.support import databases

SCENES = ("retries", "links", "hooks", "states", "calls", "in_place", "clock")
CELERY = os.environ.get("CELERY_PYTHON")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CELERY, reason="it needs Celery in an environment of its own: `make compare` runs it"),
]


@pytest.fixture(scope="module")
def on_celery(shared_redis: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Side]:
    side = celery_side(
        folder=tmp_path_factory.mktemp("celery"),
        python=Path(str(CELERY)).absolute(),
        redis_url=shared_redis.url(1),
        diary_url=shared_redis.url(2),
    )
    side.start()
    yield side
    side.end()


@pytest.fixture(scope="module")
def on_the_shim(
    shared_redis: RedisServer, migrated_template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Side]:
    url = databases.create_database(os.environ["DATABASE_URL"], template=migrated_template)
    side = shim_side(
        folder=tmp_path_factory.mktemp("shim"),
        database_url=url,
        redis_url=shared_redis.url(3),
        diary_url=shared_redis.url(4),
    )
    side.start()
    yield side
    side.end()
    databases.drop_database(url)


def lines(answer: object) -> list[str]:
    return json.dumps(answer, indent=1, sort_keys=True).splitlines()


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_the_same_on_both_sides(on_celery: Side, on_the_shim: Side, scene: str) -> None:
    theirs, ours = on_celery.begin(scene), on_the_shim.begin(scene)
    seen, expected = lines(on_the_shim.answer(ours)), lines(on_celery.answer(theirs))
    assert seen == expected, "\n".join(difflib.unified_diff(expected, seen, "Celery", "the shim", lineterm="", n=8))
