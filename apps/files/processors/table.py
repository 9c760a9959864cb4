"""Tables as CSV and TSV: how they are written, how many rows, what the columns hold, the first rows.

The first row that is not blank is the header. Values are shown as they are, formulas too: nothing here is run.
Rows shorter or longer than the header are counted, not refused. Memory: one record, of 4 Mi characters at most
(about 50 MB where it is all delimiters), and what is kept of 1 000 columns.
"""

from typing import Any, TypedDict

from apps.files.processors.base import Context, Processed, Processor, storable
from apps.files.processors.detection import texts
from apps.files.processors.formats import dialects, encodings, records
from apps.files.processors.formats.columns import ColumnTypes
from apps.files.processors.formats.dialects import QUOTE, Dialect
from apps.files.processors.formats.encodings import Encoding

SAMPLE_CHARACTERS = 64 * 1024
REPORT_ROWS = 1000
PREVIEW_ROWS = 10
#: Wider tables are counted to their end, and their first columns are shown.
MOST_COLUMNS = 1000
MOST_NAME_CHARACTERS = 200
#: Of a row in the preview, shared out among its columns, so that no result becomes larger than a few 100 KB.
MOST_ROW_CHARACTERS = 20_000
MOST_VALUE_CHARACTERS = 1000


class DialectResult(TypedDict):
    """How the table is written."""

    delimiter: str
    quotechar: str
    line_terminator: str | None
    separator_line: bool


class ColumnResult(TypedDict):
    """A column, and what all of its values look like."""

    name: str
    type: str


class TableResult(TypedDict):
    """`rows` and `preview` without the header; rows shorter or longer than it are counted besides."""

    encoding: str
    dialect: DialectResult
    rows: int
    short_rows: int
    long_rows: int
    blank_lines: int
    column_count: int
    columns: list[ColumnResult]
    preview: list[list[str]]


class Table:
    """What is known of a table after the records added so far, the first of which is its header."""

    def __init__(self, delimiter: str) -> None:
        self._decimal_comma = delimiter != ","
        self._width: int | None = None
        self._names: list[str] = []
        self._types = ColumnTypes(0)
        self._rows = self._short_rows = self._long_rows = self._blank_lines = 0
        self._preview: list[list[str]] = []

    def add(self, record: list[str]) -> None:
        if not record:
            self._blank_lines += 1
        elif self._width is None:
            self._begin(record)
        else:
            self._add_row(record, self._width)

    def _begin(self, header: list[str]) -> None:
        self._width = len(header)
        self._names = [storable(name, MOST_NAME_CHARACTERS) for name in header[:MOST_COLUMNS]]
        self._types = ColumnTypes(len(self._names), decimal_comma=self._decimal_comma)

    def _add_row(self, row: list[str], width: int) -> None:
        self._rows += 1
        if len(row) != width:
            self._short_rows += len(row) < width
            self._long_rows += len(row) > width
        self._types.add(row)
        if len(self._preview) < PREVIEW_ROWS:
            self._preview.append(_shown(row))

    def result(self) -> dict[str, Any]:
        columns = zip(self._names, self._types.types, strict=True)
        return {
            "rows": self._rows,
            "short_rows": self._short_rows,
            "long_rows": self._long_rows,
            "blank_lines": self._blank_lines,
            "column_count": self._width or 0,
            "columns": [{"name": name, "type": looks_like} for name, looks_like in columns],
            "preview": self._preview,
        }


def process(context: Context) -> Processed:
    encoding = encodings.find(context.path)
    dialect = _dialect(context, encoding)
    table = Table(dialect.delimiter)
    with context.path.open("rb") as file, encodings.opened_text(file, encoding) as text:
        if dialect.has_separator_line:
            text.readline()
        lines = records.Lines(text, already_read=int(dialect.has_separator_line))
        for count, record in enumerate(records.read(lines, dialect.delimiter)):
            table.add(record)
            if count % REPORT_ROWS == 0:
                context.report(file.tell(), context.size)
    return Processed(result={"encoding": encoding.name, "dialect": _described(dialect), **table.result()})


def _dialect(context: Context, encoding: Encoding) -> Dialect:
    with context.path.open("rb") as file, encodings.opened_text(file, encoding) as text:
        sample = text.read(SAMPLE_CHARACTERS)
    whole = len(sample) < SAMPLE_CHARACTERS
    return dialects.find(sample, whole=whole, tabs_first=context.content_type == texts.TSV)


def _described(dialect: Dialect) -> dict[str, Any]:
    return {
        "delimiter": dialect.delimiter,
        "quotechar": QUOTE,
        "line_terminator": dialect.line_terminator,
        "separator_line": dialect.has_separator_line,
    }


def _shown(row: list[str]) -> list[str]:
    """A row of the preview, its values cut so that all of it stays within bounds."""
    shown = row[:MOST_COLUMNS]
    most = min(MOST_VALUE_CHARACTERS, MOST_ROW_CHARACTERS // max(1, len(shown)))
    return [storable(value, most) for value in shown]


PROCESSOR = Processor(
    kind="table",
    content_types=frozenset({texts.CSV, texts.TSV}),
    process=process,
    result=TableResult,
)
