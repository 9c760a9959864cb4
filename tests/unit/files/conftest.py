"""Runs bytes through the registry the way the task does: from a file, with a name and a declared type."""

import json
from pathlib import Path
from typing import Protocol

import pytest

from apps.files.processors import registry
from apps.files.processors.base import Context, Processed
from apps.files.processors.registry import Registry


class Inspect(Protocol):
    def __call__(
        self, data: bytes, name: str = "", *, declared: str = "", with_registry: Registry = registry.REGISTRY
    ) -> Processed: ...


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    """Detects and processes; every result is checked for what PostgreSQL's jsonb can hold."""

    def run(
        data: bytes, name: str = "", *, declared: str = "", with_registry: Registry = registry.REGISTRY
    ) -> Processed:
        path = tmp_path / "stored"
        path.write_bytes(data)
        detected = with_registry.detect(data[: 64 * 1024], name, len(data))
        context = Context(
            path=path,
            name=name,
            declared=declared,
            content_type=detected.content_type,
            size=len(data),
            report=ignore,
        )
        processed = with_registry.process(detected.kind, context)
        assert_storable(processed)
        return processed

    return run


def ignore(done: int, total: int) -> None:
    """Progress that nobody asked for."""


def assert_storable(processed: Processed) -> None:
    text = json.dumps(processed.result, allow_nan=False, ensure_ascii=False)
    text.encode("utf-8")  # no lone surrogates
    assert "\\u0000" not in text
    assert len(text) < 400_000
