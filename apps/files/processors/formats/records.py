"""Reads the records of a CSV file in bounded memory, and knows the line a fault is on.

Lines end with LF, CRLF or CR and are counted as a text editor counts them. A record, with whatever its quotes
hold together, has at most 4 Mi characters: a quote that is never closed must not swallow a file. Python's csv
module does the parsing, leniently: quotes in the middle of a field are part of it.
"""

import csv
import io
from collections.abc import Iterator

from apps.files.errors import Unprocessable
from apps.files.processors.formats.dialects import QUOTE

MOST_CHARACTERS = 4 * 1024 * 1024

# csv's own limit on a field is one of the process and 128 Ki characters; ours, on the record, bounds it here.
csv.field_size_limit(max(csv.field_size_limit(), MOST_CHARACTERS))


def read(lines: "Lines", delimiter: str) -> Iterator[list[str]]:
    """The records of a table, blank lines as empty lists. Raises Unprocessable with the line of the fault."""
    reader = csv.reader(lines, delimiter=delimiter, quotechar=QUOTE)
    while True:
        lines.begin_record()
        try:
            record = next(reader, None)
        except csv.Error as error:
            raise Unprocessable("malformed_table", f"line {lines.first}: {error}") from None
        if record is None:
            return
        yield record


class Lines:
    """Hands csv.reader one line at a time. That it asks for another one within a record means an open quote."""

    def __init__(self, text: io.TextIOBase, *, already_read: int) -> None:
        self._text = text
        self.number = already_read
        self.begin_record()

    def begin_record(self) -> None:
        self.first = self.number + 1
        self._characters = 0
        self._quoted_since: int | None = None

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(MOST_CHARACTERS - self._characters + 1)
        if not line:
            if self._characters:
                raise self._unclosed("to the end of the file")
            raise StopIteration
        self.number += 1
        self._characters += len(line)
        if QUOTE in line:
            self._note_quotes(line.replace(2 * QUOTE, "").count(QUOTE))
        if self._characters > MOST_CHARACTERS:
            raise self._too_long()
        return line

    def _note_quotes(self, count: int) -> None:
        """Keep in mind on which line the quote was opened that is open at the end of this line."""
        is_open = (self._quoted_since is not None) != (count % 2 == 1)
        if not is_open:
            self._quoted_since = None
        elif count:
            self._quoted_since = self.number

    def _too_long(self) -> Unprocessable:
        if self._quoted_since:
            return self._unclosed(f"within {MOST_CHARACTERS} characters")
        return Unprocessable("record_too_long", f"line {self.first}: a row of more than {MOST_CHARACTERS} characters")

    def _unclosed(self, where: str) -> Unprocessable:
        opened = self._quoted_since or self.first
        return Unprocessable("unclosed_quote", f"line {opened}: the quote opened here is not closed {where}")
