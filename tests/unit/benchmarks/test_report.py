"""What the benchmarks write: the table, the plot, and what is kept between runs."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.benchmarks import machine, plot, report, store
from tests.benchmarks.figures import Figure
from tests.benchmarks.store import Run

SOFTWARE = {"PostgreSQL": "18.4"}
DRAINED = Figure(
    what="backlog drained",
    unit="tasks/s",
    ours=[6000.0, 9000.0, 7000.0],
    theirs=[1000.0, 1000.0, 1000.0],
    against="Celery",
    better="higher",
    reach=6.0,
)
SENT = Figure(what="one send", unit="ms", ours=[1.6], theirs=[0.8], against="Celery", better="lower", reach=1.5)
GROWTH = Figure(what="growth", unit="MiB", ours=[0.25], better="lower", reach=20.0)
SVG = "{http://www.w3.org/2000/svg}"


def run_of(name: str, *figures: Figure, quick: bool = False) -> Run:
    return Run(name=name, summary="a sum", date="2026-11-20", rounds=3, quick=quick, load=0.1, figures=figures)


@pytest.mark.parametrize(
    ("figure", "line"),
    [
        pytest.param(
            DRAINED,
            "| backlog drained | 7 000 tasks/s | Celery: 1 000 tasks/s | 7 × (6 – 9) | ≥ 6 × | yes |",
            id="several rounds",
        ),
        pytest.param(SENT, "| one send | 1.6 ms | Celery: 0.8 ms | 2 × | ≤ 1.5 × | **no** |", id="not reached"),
        pytest.param(GROWTH, "| growth | 0.25 MiB |  |  | ≤ 20 MiB | yes |", id="no rival"),
        pytest.param(replace(GROWTH, reach=None), "| growth | 0.25 MiB |  |  |  |  |", id="nothing aimed at"),
    ],
)
def test_a_figure_is_a_line_of_the_table(figure: Figure, line: str) -> None:
    assert report.row(figure) == line


def test_a_benchmark_run_alone_replaces_its_own_lines_only(tmp_path: Path) -> None:
    store.add(tmp_path, run_of("drain", DRAINED), SOFTWARE)
    store.add(tmp_path, run_of("send", SENT), SOFTWARE)

    store.add(tmp_path, run_of("send", replace(SENT, ours=[0.4])), SOFTWARE)
    report.write(tmp_path)

    table = (tmp_path / "benchmarks.md").read_text()
    assert "| 7 000 tasks/s |" in table
    assert "| 0.4 ms |" in table
    assert "| 1.6 ms |" not in table


def test_the_report_keeps_the_registrys_order_whatever_was_run_first(tmp_path: Path) -> None:
    store.add(tmp_path, run_of("send", SENT), SOFTWARE)
    store.add(tmp_path, run_of("drain", DRAINED), SOFTWARE)

    report.write(tmp_path)

    table = (tmp_path / "benchmarks.md").read_text()
    assert table.index("| backlog drained |") < table.index("| one send |")


def test_figures_of_another_machine_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add(tmp_path, run_of("drain", DRAINED), SOFTWARE)
    another = replace(machine.describe(), cores=999)
    monkeypatch.setattr(machine, "describe", lambda: another)

    store.add(tmp_path, run_of("send", SENT), SOFTWARE)

    kept = store.load(tmp_path)
    assert kept is not None
    assert list(kept.runs) == ["send"]
    assert kept.machine["cores"] == 999


@pytest.mark.parametrize(("quick", "warned"), [(True, True), (False, False)], ids=["quick", "full"])
def test_a_quick_run_is_not_for_quoting_and_says_so(tmp_path: Path, quick: bool, warned: bool) -> None:
    store.add(tmp_path, run_of("send", SENT, quick=quick), SOFTWARE)
    report.write(tmp_path)

    assert ("not for quoting" in (tmp_path / "benchmarks.md").read_text()) is warned


def test_the_report_names_the_machine_the_versions_and_the_date(tmp_path: Path) -> None:
    store.add(tmp_path, run_of("send", SENT), SOFTWARE)
    report.write(tmp_path)

    table = (tmp_path / "benchmarks.md").read_text()
    assert machine.describe().processor in table
    assert "PostgreSQL: 18.4" in table
    assert "2026-11-20" in table


def test_the_plot_turns_every_ratio_so_that_better_is_to_the_right() -> None:
    drained, sent = plot.bar_of(DRAINED), plot.bar_of(SENT)

    assert drained is not None
    assert (drained.times, drained.low, drained.high, drained.aim) == (7.0, 6.0, 9.0, 6.0)
    assert sent is not None
    assert (sent.times, sent.reached) == (0.5, False)
    assert sent.aim == pytest.approx(1 / 1.5)


def test_the_plot_has_a_bar_for_each_ratio_and_none_for_what_has_no_rival() -> None:
    drawn = ElementTree.fromstring(plot.draw([DRAINED, SENT, GROWTH]))  # noqa: S314 — our own

    bars = [rect for rect in drawn.iter(f"{SVG}rect") if rect.get("fill") in {plot.GOOD, plot.SHORT}]
    assert len(bars) == 2
    width, height = float(drawn.get("width", 0)), float(drawn.get("height", 0))
    assert all(0 < float(bar.get("x", 0)) + float(bar.get("width", 0)) < width for bar in bars)
    assert all(0 < float(bar.get("y", 0)) + float(bar.get("height", 0)) < height for bar in bars)


def test_words_of_a_figure_cannot_break_the_plot() -> None:
    drawn = ElementTree.fromstring(plot.draw([replace(DRAINED, what="a < b & c")]))  # noqa: S314

    assert any((text.text or "").startswith("a < b & c") for text in drawn.iter(f"{SVG}text"))
