"""How each layer's sender and worker are started: two worker processes, everything else as a user would have it."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.processes import MANAGE
from tests.support.session import with_path

OURS = "ours"
CELERY = "Celery"
DRAMATIQ = "stock Dramatiq"
PROCESSES = 2
THREADS = 8


@dataclass(frozen=True, kw_only=True)
class Layer:
    """`module` has the task and `send`; `environment` comes on top of the run's own."""

    key: str
    python: Path
    module: str
    worker: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def known_layers(celery_python: Path, redis_url: str) -> dict[str, Layer]:
    """Each has a Redis database of its own on the same server."""
    layers = [ours(), celery(celery_python, with_path(redis_url, "1")), dramatiq(with_path(redis_url, "2"))]
    return {layer.key: layer for layer in layers}


def ours() -> Layer:
    return Layer(
        key=OURS,
        python=Path(sys.executable),
        module="tests.benchmarks.layers.ours",
        worker=[*MANAGE, "worker", "--processes", str(PROCESSES), "--threads", str(THREADS)],
    )


def celery(python: Path, broker_url: str) -> Layer:
    module = "tests.benchmarks.layers.celery_app"
    options = ["--pool", "prefork", "--concurrency", str(PROCESSES)]
    return Layer(
        key=CELERY,
        python=python,
        module=module,
        worker=[str(python), "-m", "celery", "-A", module, "worker", *options],
        # Where it is named, Celery sets up Django as well, with settings that its environment has not the packages for.
        environment={"BENCH_BROKER_URL": broker_url, "DJANGO_SETTINGS_MODULE": ""},
    )


def dramatiq(broker_url: str) -> Layer:
    module = "tests.benchmarks.layers.dramatiq_app"
    options = ["--processes", str(PROCESSES), "--threads", str(THREADS)]
    return Layer(
        key=DRAMATIQ,
        python=Path(sys.executable),
        module=module,
        worker=[sys.executable, "-m", "dramatiq", module, *options],
        environment={"BENCH_BROKER_URL": broker_url},
    )
