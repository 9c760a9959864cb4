"""The first record of the file: which delimiter separates the columns, and which column stands where.

The names of the columns are known, so nothing has to be guessed: the delimiter is the one under which the header
has them all, or, to say what is missing, the most of them.
"""

import csv
import io
import re
from dataclasses import dataclass

from apps.deals.parser.faults import Fault, shown
from apps.deals.parser.records import QUOTE, Block

COLUMNS = ("customer", "item", "total", "quantity", "date")
DELIMITERS = (",", ";", "\t", "|")
MOST_COLUMNS = 1_000

_SEPARATOR_LINE = re.compile(r'"?sep=[^\r\n]{0,3}"?', re.IGNORECASE)


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


def split(block: Block) -> tuple[Block | None, Block]:
    """The block's first record and what follows it; None where there are only blank lines, which are skipped.

    So is a first line like `sep=;`, with which Excel is told the delimiter.
    """
    lines = block.lines()
    start = 0
    while start < len(lines) and (lines[start].isspace() or _is_separator_line(block.first_line + start, lines[start])):
        start += 1
    if start == len(lines):
        return None, Block(block.next_line, "")
    end = start + 1
    while end < len(lines) and sum(line.count(QUOTE) for line in lines[start:end]) % 2:
        end += 1
    record = Block(block.first_line + start, "".join(lines[start:end]))
    return record, Block(record.next_line, "".join(lines[end:]))


def _is_separator_line(number: int, line: str) -> bool:
    return number == 1 and _SEPARATOR_LINE.fullmatch(line.rstrip("\r\n")) is not None


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
    delimiter = max(DELIMITERS, key=lambda one: len(_positions(rows[one])))
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


def _faults(row: list[str], positions: dict[str, int], line: int) -> list[Fault]:
    if not positions:
        expected = ", ".join(COLUMNS)
        return [
            Fault(line=line, code="no_header", detail=f"this is no header: none of the columns {expected} is named")
        ]
    if len(row) > MOST_COLUMNS:
        detail = f"there are {len(row)} columns; at most {MOST_COLUMNS} are accepted"
        return [Fault(line=line, code="too_many_columns", detail=detail)]
    missing = [
        Fault(line=line, column=column, code="missing_column", detail="the column is missing")
        for column in COLUMNS
        if column not in positions
    ]
    return missing + _duplicates(row, line)


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
