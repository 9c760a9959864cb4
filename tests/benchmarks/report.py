"""The report: a table in Markdown with the machine and the date, and beside it a plot."""

from collections.abc import Iterable
from pathlib import Path
from statistics import median

from tests.benchmarks import plot, registry, store
from tests.benchmarks.figures import Figure, significant
from tests.benchmarks.store import Results, Run

INTRODUCTION = """# Benchmarks

Written by `make bench`; do not edit. Every figure is a ratio of values that were measured in one run in turn, A B A B:
the median of the rounds' ratios, with the lowest and the highest of them. The absolute values beside it are medians and
belong to this machine. Nobody's settings are tuned: each worker has two processes, and the servers are as durable as in
production (PostgreSQL waits for the disk at each commit, Valkey at each command)."""

HEADER = "| what | ours | others | ours ÷ others | to reach | reached |\n| --- | ---: | ---: | ---: | ---: | :---: |"


def write(folder: Path) -> None:
    """`benchmarks.md` and `benchmarks.svg`, out of everything that is stored in the folder."""
    results = store.load(folder)
    assert results is not None, "nothing was measured"
    (folder / "benchmarks.svg").write_text(plot.draw(_figures(results)))
    (folder / "benchmarks.md").write_text(markdown(results))


def markdown(results: Results) -> str:
    runs = _runs(results)
    parts = [
        INTRODUCTION,
        "![the ratios](benchmarks.svg)",
        "\n".join([HEADER, *(row(figure) for figure in _figures(results))]),
        "## The runs\n\n" + "\n".join(_run_rows(runs)),
        "## The machine\n\n" + "\n".join(_machine(results)),
    ]
    if any(run.quick for run in runs):
        parts.insert(1, "**Some of this is from a quick run: for trying things, not for quoting.**")
    return "\n\n".join(parts) + "\n"


def row(figure: Figure) -> str:
    """A line of the table."""
    theirs = f"{figure.against}: {value(figure.theirs, figure.unit)}" if figure.theirs else ""
    reached = {True: "yes", False: "**no**", None: ""}[figure.reached]
    cells = (figure.what, value(figure.ours, figure.unit), theirs, ratio(figure), aim(figure), reached)
    return f"| {' | '.join(cells)} |"


def lines(run: Run) -> list[str]:
    """The same for a terminal."""
    return [
        f"  {figure.what}: {value(figure.ours, figure.unit)}"
        + (f"; {figure.against} {value(figure.theirs, figure.unit)}: {ratio(figure)}" if figure.theirs else "")
        + (f" (to reach: {aim(figure)})" if figure.reach is not None else "")
        for figure in run.figures
    ]


def value(values: Iterable[float], unit: str) -> str:
    """The median, with its unit."""
    return f"{significant(median(values))} {unit}".replace(" /s", "/s")


def ratio(figure: Figure) -> str:
    if figure.ratio is None:
        return ""
    shown = f"{significant(figure.ratio)} ×"
    if len(figure.ratios) > 1:
        shown += f" ({significant(min(figure.ratios))} – {significant(max(figure.ratios))})"
    return shown


def aim(figure: Figure) -> str:
    if figure.reach is None:
        return ""
    sign, unit = ("≥" if figure.better == "higher" else "≤"), ("×" if figure.theirs else figure.unit)
    return f"{sign} {significant(figure.reach)} {unit}"


def _runs(results: Results) -> list[Run]:
    """In the registry's order; one that is no longer known there is left out."""
    return [results.runs[name] for name in registry.names() if name in results.runs]


def _figures(results: Results) -> list[Figure]:
    return [figure for run in _runs(results) for figure in run.figures]


def _run_rows(runs: Iterable[Run]) -> list[str]:
    head = ["| benchmark | what it does | date | rounds | load before it |", "| --- | --- | --- | ---: | ---: |"]
    return head + [
        f"| `{run.name}` | {run.summary} | {run.date} | {run.rounds}{', quick' if run.quick else ''} "
        f"| {run.load:.2f} a core |"
        for run in runs
    ]


def _machine(results: Results) -> list[str]:
    machine = results.machine
    return [
        f"- {machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB",
        f"- {machine['system']}, Python {machine['python']}",
        *(f"- {name}: {version}" for name, version in results.software.items()),
    ]
