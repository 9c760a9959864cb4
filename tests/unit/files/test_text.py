"""What is found in a text, and that its size does not matter."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.files.processors import text
from apps.files.processors.base import Context
from apps.files.processors.text import Counts
from tests.unit.files.conftest import Inspect, ignore

COUNTED = {
    "two lines": ("one two\nthree\n", (2, 3, 14)),
    "no end at the last line": ("one\ntwo", (2, 2, 7)),
    "mixed line ends": ("a\r\nb\rc\nd", (4, 4, 8)),
    "empty lines": ("\n\n\r\n\r", (4, 0, 5)),
    "one character": ("x", (1, 1, 1)),
    "white space of all sorts": ("a\u00a0b\u2003c\td", (1, 4, 7)),
    "not only ASCII": ("Вот так\n", (1, 2, 8)),
    "beyond 16 bits": ("😀 😀", (1, 2, 3)),
}


@pytest.mark.parametrize(("content", "expected"), COUNTED.values(), ids=COUNTED.keys())
def test_lines_words_and_characters_are_counted(inspect: Inspect, content: str, expected: tuple[int, int, int]) -> None:
    result = inspect(content.encode(), "a.txt").result
    assert (result["lines"], result["words"], result["characters"]) == expected


def test_the_result_holds_what_the_contract_lists(inspect: Inspect) -> None:
    assert inspect(b"hello\n", "a.txt").result == {
        "encoding": "utf-8",
        "lines": 1,
        "words": 1,
        "characters": 6,
        "replacement_characters": 0,
        "preview": "hello\n",
        "sha256": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
        "mismatch": None,
    }


def test_the_preview_is_the_first_thousand_characters(inspect: Inspect) -> None:
    assert inspect(("я" * 3000).encode(), "a.txt").result["preview"] == "я" * 1000


def test_windows_1251_is_read(inspect: Inspect) -> None:
    result = inspect("Привет, мир\n".encode("cp1251"), "a.txt").result
    assert (result["encoding"], result["preview"]) == ("windows-1251", "Привет, мир\n")


def test_utf16_is_read_and_its_mark_is_no_character(inspect: Inspect) -> None:
    result = inspect("Привет\n".encode("utf-16"), "a.txt").result
    assert (result["encoding"], result["characters"], result["preview"]) == ("utf-16-le", 7, "Привет\n")


def test_nul_characters_count_but_are_not_in_the_preview(inspect: Inspect) -> None:
    result = inspect(b"some words\x00and more\n", "a.txt").result
    assert (result["characters"], result["preview"]) == (20, "some words\ufffdand more\n")


def test_bytes_that_cannot_be_decoded_are_counted(inspect: Inspect) -> None:
    good = "Очень длинный текст. ".encode() * 10_000
    result = inspect(good + b"\xff" + good, "a.txt").result
    assert (result["encoding"], result["replacement_characters"]) == ("utf-8", 1)


@pytest.mark.parametrize(
    "markup",
    ['<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "<html><script>alert(1)</script></html>"],
    ids=["SVG", "HTML"],
)
def test_markup_is_text_and_never_a_picture(inspect: Inspect, markup: str) -> None:
    processed = inspect(markup.encode(), "a.svg")
    assert processed.thumbnail is None
    assert processed.result["preview"] == markup


def test_entities_of_xml_are_not_expanded(inspect: Inspect) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "lol"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    assert inspect(bomb.encode(), "a.xml").result["characters"] == len(bomb)


@given(st.text(alphabet="ab \r\n\u2028я", max_size=60), st.lists(st.integers(0, 60), max_size=8))
def test_where_blocks_are_cut_does_not_matter(content: str, cuts: list[int]) -> None:
    whole, parts = Counts(), Counts()
    whole.add(content)
    edges = [0, *sorted(cuts), len(content)]
    for start, end in pairwise(edges):
        parts.add(content[start:end])
    assert _counted(parts) == _counted(whole)
    assert whole.words == len(content.split())
    assert whole.lines == len(content.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")) - (
        not content
    )


@pytest.mark.parametrize("cut", range(10))
def test_a_cut_at_any_place_does_not_matter(cut: int) -> None:
    content, counts = "a\r\nb\rc d\n", Counts()
    counts.add(content[:cut])
    counts.add(content[cut:])
    assert (counts.lines, counts.words, counts.characters, counts.preview) == (3, 4, 9, content)


def _counted(counts: Counts) -> tuple[Any, ...]:
    return counts.lines, counts.words, counts.characters, counts.preview


def test_work_is_reported_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"some words\n" * 100_000)
    size, reports = path.stat().st_size, list[tuple[int, int]]()
    text.process(Context(path, "", "", "text/plain", size, lambda done, total: reports.append((done, total))))
    assert reports == sorted(reports)
    assert reports[-1] == (size, size)


def test_an_empty_text_has_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    result = text.process(Context(path, "", "", "text/plain", 0, ignore)).result
    assert (result["lines"], result["words"], result["characters"]) == (0, 0, 0)
