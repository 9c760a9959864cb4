"""The command line: `python -m tests.benchmarks --help`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import machine, registry, report, store
from tests.benchmarks.benchmark import Benchmark, Effort
from tests.benchmarks.ground import Ground
from tests.benchmarks.progress import Progress
from tests.benchmarks.rounds import play
from tests.benchmarks.store import Run
from tests.support.processes import REPOSITORY

DOCS = REPOSITORY / "docs"
#: Figures of a quick run are for trying things out; they stay out of the repository.
QUICK_FOLDER = REPOSITORY / "test-output" / "benchmarks"
FULL_ROUNDS = 5
QUICK_ROUNDS = 3


def main(arguments: Sequence[str]) -> int:
    options = parser().parse_args(arguments)
    chosen = [benchmark for benchmark in registry.BENCHMARKS if benchmark.name in (options.names or registry.names())]
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else FULL_ROUNDS)
    folder = options.output or (QUICK_FOLDER if options.quick else DOCS)
    machine.warn_if_busy()
    with (
        Ground(celery_python=options.celery) as ground,
        Progress(sum(rounds * len(benchmark.contestants) for benchmark in chosen)) as progress,
    ):
        for benchmark in chosen:
            run = measure(benchmark, ground, Effort(rounds=rounds, quick=options.quick), progress)
            progress.say(report.lines(run))
            store.add(folder, run, ground.software)
    report.write(folder)
    print(f"written: {folder / 'benchmarks.md'}")
    return 0


def measure(benchmark: type[Benchmark], ground: Ground, effort: Effort, progress: Progress) -> Run:
    load = machine.load()
    with benchmark(ground, effort) as opened:
        figures = opened.figures(play(opened, effort.rounds, progress))
    return Run(
        name=benchmark.name,
        summary=benchmark.summary,
        date=machine.today(),
        rounds=effort.rounds,
        quick=effort.quick,
        load=load,
        figures=figures,
    )


def parser() -> argparse.ArgumentParser:
    known = "\n".join(f"  {benchmark.name:<14} {benchmark.summary}" for benchmark in registry.BENCHMARKS)
    made = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure this project beside what people would use otherwise, and write a table and a plot.",
        epilog=f"benchmarks:\n{known}\n\nNeeds a machine with nothing else to do.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("names", nargs="*", type=known_name, metavar="NAME", help="which to run; all without a name")
    made.add_argument("--quick", action="store_true", help="smaller and fewer rounds: to try things, not to quote")
    made.add_argument("--rounds", type=int, help=f"rounds of each ({FULL_ROUNDS}; quick: {QUICK_ROUNDS})")
    made.add_argument("--output", type=Path, help="folder for benchmarks.{md,svg,json} (docs; quick: test-output)")
    made.add_argument(
        "--celery",
        type=Path,
        default=REPOSITORY / ".venv-bench" / "bin" / "python",
        help="the Python of a virtual environment with Celery, which `make bench` makes",
    )
    return made


def known_name(name: str) -> str:
    if name not in registry.names():
        raise argparse.ArgumentTypeError(f"there is no {name!r}, only: {', '.join(registry.names())}")
    return name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
