"""What is imported from Celery is there under the same name, or it is known why not."""

from importlib import import_module
from pathlib import Path

import pytest

from tests.acceptance.celery_suite import lists

#: Module → what of it is not there: a shell's, a worker's own way to stop, and a helper for Python 2.
ABSENT = {
    "": {"bugreport"},
    "canvas": set(),
    "exceptions": {"CeleryCommandException", "WorkerShutdown", "WorkerTerminate", "reraise"},
    "result": set(),
    "schedules": set(),
    "signals": set(),
    "states": set(),
}


@pytest.mark.parametrize("name", ABSENT)
def test_each_name_can_be_imported_from_where_celery_has_it(celery_sources: Path, name: str) -> None:
    module = import_module(f"apps.tasks.celery.{name}".rstrip("."))
    offered = lists.names(celery_sources, name)

    assert {each for each in offered if not hasattr(module, each)} == ABSENT[name]
    assert offered - ABSENT[name] <= set(getattr(module, "__all__", offered))
