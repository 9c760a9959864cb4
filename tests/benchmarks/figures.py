"""A line of the report and its arithmetic: values by round, ratios by round, medians."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

Direction = Literal["higher", "lower"]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One thing measured, for us and perhaps for somebody else in the same rounds.

    Attributes:
      what: what was measured, in a few words.
      unit: of the values.
      ours, theirs: a value a round; without a rival `theirs` is empty.
      against: who `theirs` are.
      better: whether a higher or a lower value is the better one.
      reach: the ratio that is aimed at, or the value itself where there is no rival; None: nothing is aimed at.
    """

    what: str
    unit: str
    ours: Sequence[float]
    theirs: Sequence[float] = ()
    against: str = ""
    better: Direction
    reach: float | None = None

    @property
    def ratios(self) -> list[float]:
        """Ours by theirs, of each round by itself; without the rounds in which theirs was nothing at all."""
        return [our / their for our, their in zip(self.ours, self.theirs, strict=bool(self.theirs)) if their]

    @property
    def ratio(self) -> float | None:
        """The median of the rounds' ratios; None where there is no rival, or where it did nothing at all."""
        return median(self.ratios) if self.ratios else None

    @property
    def reached(self) -> bool | None:
        """Whether the aim is reached; None where there is none, or nothing to hold against it."""
        value = self.ratio if self.theirs else median(self.ours)
        if self.reach is None or value is None:
            return None
        return value >= self.reach if self.better == "higher" else value <= self.reach


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of the values that is at least as large as `share` (0 to 1) of them: the nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def column(turns: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    """One measured value out of a contestant's turns."""
    return [float(turn[key]) for turn in turns]


def grouped(number: int) -> str:
    """10000 as `10 000`."""
    return f"{number:,}".replace(",", " ")


def significant(number: float) -> str:
    """Three significant digits; from 100 on a whole number with its thousands apart."""
    return f"{number:.3g}" if abs(number) < 100 else grouped(round(number))
