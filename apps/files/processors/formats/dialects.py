"""Finds out how a table in a text file is written: its delimiter, line ends and Excel's `sep=` line.

The delimiter is the one of , ; TAB | under which the header is as wide as most of the first rows; then the one
that makes more rows agree; then the one that makes more columns. In a TSV it is the tab wherever the header has
one. The quote character is always the double quote, doubled inside of quotes.
"""

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

QUOTE = '"'
DELIMITERS = (",", ";", "\t", "|")
SAMPLE_ROWS = 100

_SEPARATOR_LINE = re.compile(r'"?sep=([^"\w\s\x00]|\t)"?(?:\r\n|\r|\n|$)', re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Dialect:
    """`has_separator_line`: the first line is `sep=;` or the like, for Excel, and no part of the table."""

    delimiter: str
    line_terminator: str | None
    has_separator_line: bool


def find(sample: str, *, whole: bool, tabs_first: bool) -> Dialect:
    """The dialect of a text that begins with `sample`; `whole`: that is all of it."""
    named = _SEPARATOR_LINE.match(sample)
    ends = _LINE_END.search(sample)
    return Dialect(
        delimiter=named[1] if named else _delimiter(sample, whole=whole, tabs_first=tabs_first),
        line_terminator=ends[0] if ends else None,
        has_separator_line=named is not None,
    )


def _delimiter(sample: str, *, whole: bool, tabs_first: bool) -> str:
    fits = {delimiter: _fit(sample, delimiter, whole=whole) for delimiter in DELIMITERS}
    header_width = fits["\t"][3]
    if tabs_first and (header_width > 1 or not any(fit[0] for fit in fits.values())):
        return "\t"
    return max(DELIMITERS, key=lambda delimiter: fits[delimiter])


def _fit(sample: str, delimiter: str, *, whole: bool) -> tuple[bool, float, int, int]:
    """How well it fits: header as wide as most rows, share of those rows, their width, the header's width."""
    rows = [row for row in islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), SAMPLE_ROWS) if row]
    if not whole and 1 < len(rows) < SAMPLE_ROWS:
        rows.pop()  # cut off
    if not rows:
        return False, 0.0, 0, 0
    width, count = Counter(len(row) for row in rows).most_common(1)[0]
    header_width = len(rows[0])
    if width < 2:
        return False, 0.0, 0, header_width
    return header_width == width, count / len(rows), width, header_width
