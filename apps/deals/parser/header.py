"""The first record of the file: which delimiter separates the columns, and which column stands where.

The names of the columns are known, so nothing has to be guessed: the delimiter is the one under which the header
has them all, or, to say what is missing, the most of them.
"""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

from apps.deals.parser.faults import Fault, shown
from apps.deals.parser.records import Block, Quoting, is_longer, last_line_end

COLUMNS = ("customer", "item", "total", "quantity", "date")
DELIMITERS = (",", ";", "\t", "|")
MOST_COLUMNS = 1_000

#: What is not seen around a name, and keeps it from being one: white space, byte order marks, joiners.
HIDDEN = "\t\n\v\f\r \u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u202f\u2060\u3000\ufeff"

#: Before the delimiter is known.
QUOTING = Quoting("".join(DELIMITERS))
#: With its end; a CR that is last may be half of a CRLF.
_SEPARATOR_LINE = re.compile(r'"?sep=[^\r\n]{0,3}(?:\r\n|\r(?!\Z)|\n)', re.IGNORECASE)


@dataclass(frozen=True)
class Header:
    """`names` as they stand in the file; `positions` of the known columns, in the order of COLUMNS."""

    delimiter: str
    names: tuple[str, ...]
    positions: tuple[int, ...]

    @property
    def ignored(self) -> list[str]:
        """The names of the other columns, where they have one."""
        return [shown(name) for index, name in enumerate(self.names) if name and index not in self.positions]


def find(pieces: Iterable[str], *, most_bytes: int) -> tuple[Block, Block]:
    """The first record, and what follows it of the text that has been read; both are empty where there is none.

    Blank lines before it are skipped. So is a first line like `sep=;`, with which Excel is told the delimiter.
    """
    rest = Block(1, "")
    for piece in pieces:
        rest = _below_preamble(Block(rest.first_line, rest.text + piece))
        end = QUOTING.first_end(rest.text)
        if is_longer(rest.text[: end or len(rest.text)], most_bytes):
            return Block(rest.first_line, rest.text[:most_bytes], is_cut=True), Block(rest.first_line, "")
        if 0 < end < len(rest.text):  # a CR that is last may be half of a CRLF
            record = Block(rest.first_line, rest.text[:end])
            return record, Block(record.next_line, rest.text[end:])
    record = _below_preamble(Block(rest.first_line, rest.text + "\n"))
    return record, Block(record.next_line, "")


def _below_preamble(block: Block) -> Block:
    """Without what may stand above the header, as far as it ends with its line."""
    separator = _SEPARATOR_LINE.match(block.text) if block.first_line == 1 else None
    start = separator.end() if separator else 0
    blank = len(block.text) - len(block.text[start:].lstrip())
    start = last_line_end(block.text, start, blank) or start
    above = Block(block.first_line, block.text[:start])
    return Block(above.next_line, block.text[start:])


def read(record: str, line: int) -> Header | list[Fault]:
    """The header, or why it is none."""
    if "\0" in record:
        return [
            Fault(
                line=line,
                code="nul",
                detail="there is a NUL byte: this is no CSV file in a known encoding",
                record=shown(record),
            )
        ]
    rows = {delimiter: _row(record, delimiter) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda one: (len(_positions(rows[one])), len(_resembling(rows[one]))))
    row = rows[delimiter]
    positions = _positions(row)
    faults = _faults(row, positions, line)
    return faults or Header(delimiter, tuple(row), tuple(positions[column] for column in COLUMNS))


def _row(record: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []


def _positions(row: list[str]) -> dict[str, int]:
    """Where each of the known columns stands first."""
    names = [name.casefold() for name in row]
    return {column: names.index(column) for column in COLUMNS if column in names}


def _resembling(row: list[str]) -> dict[str, str]:
    """Of each known column the name that would be its, but for what is not seen around it."""
    names = {name.strip(HIDDEN).casefold(): name for name in row}
    return {column: names[column] for column in COLUMNS if column in names}


def _faults(row: list[str], positions: dict[str, int], line: int) -> list[Fault]:
    resembling = _resembling(row)
    if not resembling:
        expected = ", ".join(COLUMNS)
        return [
            Fault(line=line, code="no_header", detail=f"this is no header: none of the columns {expected} is named")
        ]
    if len(row) > MOST_COLUMNS:
        detail = f"there are {len(row)} columns; at most {MOST_COLUMNS} are accepted"
        return [Fault(line=line, code="too_many_columns", detail=detail)]
    missing = [
        Fault(line=line, column=column, code="missing_column", detail=_missing(resembling.get(column)))
        for column in COLUMNS
        if column not in positions
    ]
    return missing + _duplicates(row, line)


def _missing(resembling: str | None) -> str:
    if resembling is None:
        return "the column is missing"
    name = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in shown(resembling))
    return f"the column is missing: '{name}' has a space or another character that is not seen around the name"


def _duplicates(row: list[str], line: int) -> list[Fault]:
    names = [name.casefold() for name in row]
    return [
        Fault(
            line=line,
            column=shown(name),
            value=shown(name),
            code="duplicate_column",
            detail="the column is there twice",
        )
        for index, name in enumerate(row)
        if name and names.index(names[index]) < index
    ]
