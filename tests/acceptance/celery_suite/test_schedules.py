"""Celery's own tests of `crontab`, `crontab_parser` and `schedule`, run against ours in a process of their own."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.acceptance.celery_suite import fetch
from tests.support.processes import REPOSITORY

#: Of Celery 5.7.0. A test that vanishes, or comes to be skipped, is a change to be looked at.
PASS = 218
#: `test_monthly_moy_execution_is_not_due`: Celery itself skips it as unstable.
SKIPPED_BY_CELERY = 1
#: `solar()` is refused.
OUT_OF_SCOPE = ("test_solar", "test_solar_without_ephem")
#: Celery's tests give schedules time zones of dateutil's too; these are locked for the comparison with Celery.
WANTED = ("python-dateutil", "six")


def install_wanted(folder: Path) -> None:
    """By the versions and hashes of `requirements-bench.txt`."""
    locked, taken = (REPOSITORY / "requirements-bench.txt").read_text(encoding="utf-8").splitlines(), []
    for line in locked:
        if not line.startswith((" ", "#")):
            wanted = line.partition("==")[0] in WANTED
        if not line.strip().startswith("#") and wanted:
            taken.append(line)
    requirements = folder / "wanted.txt"
    requirements.write_text("\n".join(taken) + "\n", encoding="utf-8")
    options = ["--disable-pip-version-check", "--no-deps", "--require-hashes", "--target", str(folder)]
    subprocess.run([*fetch.pip(), "install", "-q", *options, "-r", str(requirements)], check=True)


@pytest.fixture
def outcomes(celery_sources: Path, tmp_path: Path) -> dict[str, Counter[str]]:
    """How many tests of each class ended how."""
    libraries = tmp_path / "libraries"
    libraries.mkdir()
    install_wanted(libraries)
    report, plain = tmp_path / "report.xml", tmp_path / "pytest.ini"
    plain.write_text("[pytest]\npython_classes = test_*\n")
    tests = celery_sources / "t" / "unit" / "app" / "test_schedules.py"
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(plain), "--noconftest", "-p", "no:randomly"]
    plugins = ["-p", "no:django", "-p", "no:cacheprovider", "-p", "tests.acceptance.celery_suite.schedules_plugin"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(libraries)])}
    subprocess.run(
        [*command, *plugins, f"--junit-xml={report}", f"--rootdir={celery_sources}", str(tests)],
        env=environment,
        cwd=tmp_path,
        timeout=120,
        check=False,
    )
    found: dict[str, Counter[str]] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 — pytest's own report
        ended = "passed" if len(case) == 0 else case[0].tag
        found.setdefault(case.attrib["classname"].rpartition(".")[2], Counter())[ended] += 1
    return found


def test_celerys_tests_of_schedules_pass(outcomes: dict[str, Counter[str]]) -> None:
    in_scope = sum((outcomes[name] for name in outcomes if name not in OUT_OF_SCOPE), Counter())

    assert in_scope == Counter(passed=PASS, skipped=SKIPPED_BY_CELERY)
    assert set(OUT_OF_SCOPE) <= set(outcomes)
