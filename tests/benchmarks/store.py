"""Runs in a JSON file beside the report, so that a benchmark run alone replaces its own lines only."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import machine
from tests.benchmarks.figures import Figure


@dataclass(frozen=True, kw_only=True)
class Run:
    """One benchmark's last run. `load`: runnable processes for each core just before it."""

    name: str
    summary: str
    date: str
    rounds: int
    quick: bool
    load: float
    figures: Sequence[Figure]


@dataclass(frozen=True, kw_only=True)
class Results:
    """All of it was measured on one machine."""

    machine: Mapping[str, Any]
    software: Mapping[str, str]
    runs: Mapping[str, Run]


def add(folder: Path, run: Run, software: Mapping[str, str]) -> None:
    """Put a run in the place of the last one of its name. What another machine has measured is dropped."""
    here = asdict(machine.describe())
    known = load(folder)
    kept = known.runs if known and known.machine == here else {}
    results = Results(machine=here, software=software, runs={**kept, run.name: run})
    folder.mkdir(parents=True, exist_ok=True)
    path_in(folder).write_text(json.dumps(asdict(results), indent=1, ensure_ascii=False) + "\n")


def load(folder: Path) -> Results | None:
    if not path_in(folder).exists():
        return None
    raw = json.loads(path_in(folder).read_text())
    runs = {
        name: Run(**{**run, "figures": [Figure(**figure) for figure in run["figures"]]})
        for name, run in raw["runs"].items()
    }
    return Results(machine=raw["machine"], software=raw["software"], runs=runs)


def path_in(folder: Path) -> Path:
    return folder / "benchmarks.json"
