"""The order of play: A B A B, never A A B B."""

from collections.abc import Mapping
from typing import Any

from tests.benchmarks.benchmark import Benchmark
from tests.benchmarks.progress import Progress


def play(benchmark: Benchmark, rounds: int, progress: Progress) -> dict[str, list[Mapping[str, Any]]]:
    """Every contestant's turns, the rounds in order."""
    turns: dict[str, list[Mapping[str, Any]]] = {contestant: [] for contestant in benchmark.contestants}
    for number in range(1, rounds + 1):
        for contestant in benchmark.contestants:
            progress.begin(f"{benchmark.name}: {contestant}, round {number} of {rounds}")
            turns[contestant].append(benchmark.turn(contestant))
            progress.finish()
    return turns
