"""The order in which contestants take turns."""

from collections.abc import Mapping
from typing import ClassVar

from tests.benchmarks.benchmark import Benchmark, Effort, Turns, compare
from tests.benchmarks.figures import Figure
from tests.benchmarks.layers.commands import OURS
from tests.benchmarks.progress import Progress
from tests.benchmarks.rounds import play


class Counting(Benchmark):
    """Measures how many turns there were before."""

    name = "counting"
    summary = "counts"
    contestants: ClassVar = (OURS, "them")

    def turn(self, contestant: str) -> Mapping[str, float]:  # noqa: ARG002
        self.played: int = getattr(self, "played", 0) + 1
        return {"turn": self.played}

    def figures(self, turns: Turns) -> list[Figure]:
        return compare(turns, "turn", what="turns", unit="", better="lower", reach={"them": None})


def test_contestants_take_turns_in_every_round() -> None:
    benchmark = Counting(None, Effort(rounds=3, quick=True))  # type: ignore[arg-type]

    turns = play(benchmark, 3, Progress(6))

    assert [turn["turn"] for turn in turns[OURS]] == [1, 3, 5]
    assert [turn["turn"] for turn in turns["them"]] == [2, 4, 6]


def test_rivals_are_compared_round_by_round() -> None:
    turns = {OURS: [{"ms": 1.0}, {"ms": 3.0}], "them": [{"ms": 2.0}, {"ms": 2.0}]}

    (figure,) = compare(turns, "ms", what="one send", unit="ms", better="lower", reach={"them": 1.5})

    assert figure.ratios == [0.5, 1.5]
    assert (figure.against, figure.reach) == ("them", 1.5)


def test_the_bar_is_full_at_the_end() -> None:
    progress = Progress(4)
    for _ in range(4):
        progress.finish()

    assert "····" not in progress.bar()
    assert "4/4" in progress.bar()
