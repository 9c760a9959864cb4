"""Looks at a block record by record: what is wrong, on which line and in which column."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from apps.deals.parser import values
from apps.deals.parser.faults import MOST_RECORD_CHARACTERS, BadValueError, Fault, shown
from apps.deals.parser.header import COLUMNS, Header
from apps.deals.parser.records import Block


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A block's right rows in COPY's text format and their number, and what is wrong with the others.

    `is_broken`: behind the last fault nobody knows where a record begins.
    """

    for_copy: str
    rows: int
    faults: tuple[Fault, ...] = ()
    is_broken: bool = False


class Record(NamedTuple):
    """`fields` is None where the quoting is wrong."""

    line: int
    text: str
    fields: list[str] | None


@dataclass(frozen=True, kw_only=True)
class Table:
    """What all rows of a file have in common."""

    header: Header
    most_name_bytes: int

    def name(self, value: str) -> str:
        return values.name(value, most_bytes=self.most_name_bytes)

    def checked(self, column: str, value: str) -> str:
        match column:
            case "total":
                return values.total(value)
            case "quantity":
                return values.quantity(value)
            case "date":
                return values.date(value)
            case _:
                return self.name(value)


def check(block: Block, table: Table, *, leading: str) -> Checked:
    rows: list[list[str]] = []
    faults: list[Fault] = []
    for record in _records(block, table.header.delimiter):
        if record.fields is None:
            faults.append(_broken(record))
            return Checked(for_copy="", rows=len(rows), faults=tuple(faults), is_broken=True)
        row, found = _check_record(record, record.fields, table)
        faults += found
        if not found:
            rows.append([leading, *row])
    return Checked(for_copy=written(rows), rows=len(rows), faults=tuple(faults))


def written(rows: Iterable[Iterable[str]]) -> str:
    """Rows in COPY's text format."""
    text = "\n".join(map("\t".join, rows))
    return text + "\n" if text else ""


def _records(block: Block, delimiter: str) -> Iterator[Record]:
    """Every record, without blank lines; a broken one is the last."""
    lines = block.lines()
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    fields: list[str] | None = []
    while fields is not None:
        start = reader.line_num
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fields = None
        text = "".join(lines[start : reader.line_num])
        if not text.isspace():
            yield Record(block.first_line + start, text, fields)


def _check_record(record: Record, fields: list[str], table: Table) -> tuple[list[str], list[Fault]]:
    """The values for COPY in the order of COLUMNS, and the faults."""
    header = table.header
    if len(fields) != len(header.names):
        return [], [_wrong_length(record, fields, header)]
    row: list[str] = []
    faults = _nul_in_ignored(record, fields, header)
    for column, position in zip(COLUMNS, header.positions, strict=True):
        try:
            row.append(table.checked(column, fields[position]))
        except BadValueError as error:
            faults.append(_fault(record, error, header.names[position], fields[position]))
    return row, faults


def _nul_in_ignored(record: Record, fields: list[str], header: Header) -> list[Fault]:
    """In the columns that are read their own functions find it."""
    error = BadValueError("nul", "there is a NUL byte in the value")
    return [
        _fault(record, error, header.names[index], field)
        for index, field in enumerate(fields)
        if "\0" in field and index not in header.positions
    ]


def _wrong_length(record: Record, fields: list[str], header: Header) -> Fault:
    expected = len(header.names)
    detail = f"the row has {len(fields)} values, the header has {expected}"
    if len(fields) > expected:
        return _fault(record, BadValueError("long_row", detail))
    return _fault(record, BadValueError("short_row", detail), header.names[len(fields)])


def _broken(record: Record) -> Fault:
    detail = "a quote is opened here and not closed at the end of the value"
    return _fault(record, BadValueError("unclosed_quote", detail))


def _fault(record: Record, error: BadValueError, column: str | None = None, value: str | None = None) -> Fault:
    return Fault(
        line=record.line,
        code=error.code,
        detail=error.detail,
        column=None if column is None else shown(column),
        value=None if value is None else shown(value),
        record=shown(record.text.rstrip("\r\n"), MOST_RECORD_CHARACTERS),
    )
