"""What a benchmark is: contestants that take turns, and what is computed from their turns."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar

from tests.benchmarks.figures import Direction, Figure, column
from tests.benchmarks.ground import Ground
from tests.benchmarks.layers.commands import OURS

Size = TypeVar("Size", int, float)

#: contestant → what each of its turns measured, one mapping of values a round.
Turns = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much is done: the figures to quote come from a full run."""

    rounds: int
    quick: bool

    def size(self, *, full: Size, quick: Size) -> Size:
        return quick if self.quick else full


class Benchmark(ABC):
    """One benchmark; a module in `cases` and a line in `registry`.

    A round is one `turn` of each contestant, in order; the rounds follow each other, so that whatever else the machine
    does meanwhile falls on all of them. `prepare` is called once, before the first round.
    """

    name: ClassVar[str]
    #: One sentence for `--help` and the report.
    summary: ClassVar[str]
    contestants: ClassVar[tuple[str, ...]]

    def __init__(self, ground: Ground, effort: Effort) -> None:
        self.ground = ground
        self.effort = effort

    def __enter__(self) -> Self:
        self.ground.clean()
        self.prepare()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ground.end_processes()

    def prepare(self) -> None:
        """Whatever all turns share."""
        return

    @abstractmethod
    def turn(self, contestant: str) -> Mapping[str, Any]:
        """Measure a contestant once."""

    @abstractmethod
    def figures(self, turns: Turns) -> list[Figure]:
        """The lines of the report."""


def compare(
    turns: Turns, key: str, *, what: str, unit: str, better: Direction, reach: Mapping[str, float | None]
) -> list[Figure]:
    """A figure for each rival, named with the ratio to reach, out of the value `key` of everybody's turns."""
    return [
        Figure(
            what=what,
            unit=unit,
            ours=column(turns[OURS], key),
            theirs=column(turns[rival], key),
            against=rival,
            better=better,
            reach=ratio,
        )
        for rival, ratio in reach.items()
    ]
