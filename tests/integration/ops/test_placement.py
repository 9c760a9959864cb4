"""Where PostgreSQL's folder lies when the wanted one is below a private folder."""

import shutil
from pathlib import Path

import pytest

from apps.ops.embedded import placement


@pytest.fixture
def home(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(placement, "SYSTEM_FOLDER", own_folder / "system")
    home = own_folder / "home"
    home.mkdir(mode=0o700)
    return home


def test_a_folder_everybody_can_reach_is_used_itself(own_folder: Path) -> None:
    assert placement.find_home(own_folder / "var" / "postgres") == own_folder / "var" / "postgres"


def test_a_private_one_keeps_its_place_elsewhere(home: Path) -> None:
    first = placement.find_home(home / "var" / "postgres")

    assert first.parent == placement.SYSTEM_FOLDER
    assert placement.find_home(home / "var" / "postgres") == first


def test_a_folder_that_was_moved_keeps_its_place(home: Path) -> None:
    first = placement.find_home(home / "var" / "postgres")
    (home / "var").rename(home / "moved")

    assert placement.find_home(home / "moved" / "postgres") == first


def test_a_folder_that_was_copied_gets_a_place_of_its_own(home: Path) -> None:
    first = placement.find_home(home / "var" / "postgres")
    shutil.copytree(home / "var", home / "copy")

    copied = placement.find_home(home / "copy" / "postgres")

    assert copied != first
    assert placement.find_home(home / "copy" / "postgres") == copied
    assert placement.find_home(home / "var" / "postgres") == first


def test_a_folder_that_was_removed_begins_afresh(home: Path) -> None:
    first = placement.find_home(home / "var" / "postgres")
    shutil.rmtree(home / "var")

    assert placement.find_home(home / "var" / "postgres") != first


@pytest.mark.parametrize(
    ("mode", "reachable"), [pytest.param(0o711, True, id="open"), pytest.param(0o700, False, id="private")]
)
def test_a_folder_is_reachable_when_everybody_may_pass_all_above_it(
    mode: int, reachable: bool, own_folder: Path
) -> None:
    (own_folder / "home").mkdir()
    (own_folder / "home").chmod(mode)

    assert placement.is_reachable(own_folder / "home" / "var") == reachable
