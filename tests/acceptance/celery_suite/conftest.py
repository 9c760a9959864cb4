"""Celery's sources, for the tests that are judged by them."""

import importlib.util
import os
from pathlib import Path

import pytest

from tests.acceptance.celery_suite import fetch


@pytest.fixture(scope="session")
def celery_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Celery's `celery/` and `t/` lie. Skips without a package index, but not where everything has to run."""
    assert importlib.util.find_spec("celery") is None, "Celery is installed: its tests could be run by itself"
    try:
        return fetch.unpack(tmp_path_factory.mktemp("celery"))
    except fetch.IndexUnreachableError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"Celery's own tests are not run, they cannot be fetched: {error}")
