"""Cutting a text into blocks of whole records, wherever its pieces end."""

import csv
import io
import time
from collections.abc import Iterator

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from apps.deals.parser.records import Block, Quoting, blocks

FIELD = st.text(st.sampled_from('ab",;\n\r Р💎'), max_size=8)
COMMA = Quoting(",")
TABLE = st.lists(st.lists(FIELD, min_size=2, max_size=4), max_size=12)


def in_pieces(text: str, sizes: list[int]) -> Iterator[str]:
    start = 0
    while start < len(text):
        size = sizes[start % len(sizes)]
        yield text[start : start + size]
        start += size


def written(table: list[list[str]], end: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows(table)
    return text.getvalue()


def parsed(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@given(
    table=TABLE,
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5),
)
def test_blocks_together_are_the_text_and_each_can_be_parsed_by_itself(
    table: list[list[str]], end: str, sizes: list[int]
) -> None:
    text = written(table, end)

    found = list(blocks(in_pieces(text, sizes), COMMA, most_bytes=100_000))

    assert "".join(block.text for block in found) == text
    assert [row for block in found for row in parsed(block.text)] == parsed(text)


@given(
    text=st.text(st.sampled_from('a",;\n\r'), max_size=40), sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5)
)
@example(text='a"\na\n', sizes=[1])
@example(text='a,"\n",b"\na,"\n"\n', sizes=[3])
def test_blocks_end_where_csv_says_that_a_record_ends_whatever_quotes_there_are(text: str, sizes: list[int]) -> None:
    try:
        whole = parsed(text)
    except csv.Error:
        assume(False)

    found = list(blocks(in_pieces(text, sizes), COMMA, most_bytes=100_000))

    assert [row for block in found for row in parsed(block.text)] == whole
    assert all(len(parsed(block.text)) <= 10 for block in found)  # a piece at a time: nothing is held back


@given(
    rows=st.lists(st.sampled_from(["a,b", '"a\nb",c', '"a\r\nb",c', '"a\rb",c', "", '"a""b",c']), max_size=12),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5),
)
def test_a_block_knows_the_number_of_its_first_line(rows: list[str], end: str, sizes: list[int]) -> None:
    text = "".join(row + end for row in rows)
    numbered = io.StringIO(text, newline="").readlines()

    for block in blocks(in_pieces(text, sizes), COMMA, most_bytes=100_000):
        own = block.lines()
        assert numbered[block.first_line - 1 :][: len(own)] == own
        assert block.next_line == block.first_line + len(own)


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_crlf_is_one_line_end_wherever_the_pieces_end(size: int) -> None:
    text = "a\r\n" * 5

    assert [block.first_line for block in blocks(in_pieces(text, [size]), COMMA, most_bytes=50)][-1] <= 5
    assert sum(len(block.lines()) for block in blocks(in_pieces(text, [size]), COMMA, most_bytes=50)) == 5


@pytest.mark.parametrize("size", [1, 3, 10])
@pytest.mark.parametrize(("character", "most"), [("a", 19), ("Р", 9), ("💎", 4)], ids=["1 byte", "2 bytes", "4 bytes"])
def test_a_record_has_at_most_the_bytes_that_are_allowed(character: str, most: int, size: int) -> None:
    fits, too_long = character * most + "\n", character * (most + 1) + "\n"
    # Pieces are shorter than what is allowed: 20 bytes, with the line's end.
    size = min(size, 20 // len(character.encode()))

    found = list(blocks(in_pieces("a\n" + fits + too_long + "b\n", [size]), COMMA, most_bytes=20))

    assert not any(block.is_cut for block in found[:-1])
    assert "".join(block.text for block in found[:-1]) == "a\n" + fits
    assert found[-1].is_cut
    assert found[-1].first_line == 3


def test_a_quote_that_stays_open_takes_no_more_than_a_record_may_have() -> None:
    taken = 0

    def endless() -> Iterator[str]:
        nonlocal taken
        yield 'a,b\nc,"d'
        while True:
            taken += 1
            yield "e,f\n"

    found = list(blocks(endless(), COMMA, most_bytes=400))

    assert found == [Block(1, "a,b\n"), Block(2, found[1].text, is_cut=True)]
    assert taken < 110


@pytest.mark.parametrize("line", ["\n", '""\n', "\r", '"",""\r\n'])
def test_many_line_ends_within_one_record_take_no_long_time(line: str) -> None:
    began = time.process_time()
    text = '"' + line * 300_000 + '",b\n'

    (block,) = blocks(in_pieces(text, [131_072]), COMMA, most_bytes=1 << 22)

    assert block.next_line == 300_002
    assert time.process_time() - began < 30  # it takes less than one; many minutes if it were quadratic
