"""A file of deals, read once: rows for COPY as long as it is right, faults where it is not."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from apps.deals.parser import header, records
from apps.deals.parser.closely import Table
from apps.deals.parser.faults import REPLACEMENT, BadTextError, Fault
from apps.deals.parser.header import Header
from apps.deals.parser.records import Block, Quoting
from apps.deals.parser.rows import Rows
from apps.deals.parser.text import Stream, Text

PIECE_BYTES = 128 * 1024
MOST_FAULTS = 1_000


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The longest name of a customer or an item and the longest record, in bytes of UTF-8."""

    field_bytes: int
    record_bytes: int


class DealsFile:
    """One reading of one file.

    Attributes:
      rows: how many deals have been read.
      faults: what is wrong, in the order of the file, at most MOST_FAULTS.
      header: None until it has been read.
    """

    def __init__(self, stream: Stream, *, limits: Limits, charset: str | None = None, leading: str = "0") -> None:
        """`leading` is the first column of every row for COPY."""
        # csv's own limit is one for the whole process, and counts characters. Ours, on the record, decides before it.
        csv.field_size_limit(max(csv.field_size_limit(), limits.record_bytes))
        self._text = Text(stream, charset=charset, piece_bytes=max(1, min(PIECE_BYTES, limits.record_bytes // 4)))
        self._limits = limits
        self._leading = leading
        self._unreadable: BadTextError | None = None
        self._header_line = 1
        self._checked = self._check()
        self.rows = 0
        self.faults: list[Fault] = []
        self.header: Header | None = None

    @property
    def encoding(self) -> str:
        return self._text.encoding

    @property
    def bytes_read(self) -> int:
        return self._text.bytes_read

    def rows_for_copy(self) -> Iterator[bytes]:
        """Blocks of rows in COPY's text format; ends at the end of the file or before the block with a fault.

        No block is empty: to COPY that would be the end.
        """
        for rows in self._checked:
            if self.faults:
                return
            if rows:
                yield rows.encode()

    def find_more_faults(self) -> None:
        """Read on to the end, or until there are MOST_FAULTS."""
        for _ in self._checked:
            if len(self.faults) >= MOST_FAULTS:
                break
        del self.faults[MOST_FAULTS:]

    def _check(self) -> Iterator[str]:
        """The rows of each block; those of a block with faults are not for COPY."""
        yield from self._check_blocks()
        if not self.rows and not self.faults:
            missing = "deal" if self.header else "header"
            self.faults.append(
                Fault(line=self._header_line, code="no_deals", detail=f"there is no {missing} in the file")
            )
        yield ""

    def _check_blocks(self) -> Iterator[str]:
        pieces = self._pieces()
        below = self._read_header(pieces)
        if self.header is None:
            return
        quoting = Quoting(self.header.delimiter)
        rows = Rows(Table(header=self.header, most_name_bytes=self._limits.field_bytes), leading=self._leading)
        most_bytes, first_line = self._limits.record_bytes, below.first_line
        for block in records.blocks(chain([below.text], pieces), quoting, most_bytes=most_bytes, first_line=first_line):
            if block.is_cut:
                self.faults.append(self._too_long(block, quoting))
                return
            if self._breaks_off(block):
                return
            checked = rows.check(block)
            self.rows += checked.rows
            self.faults += checked.faults
            yield checked.for_copy
            if checked.is_broken:
                return

    def _pieces(self) -> Iterator[str]:
        """The text. Before bytes that are none it ends with a character for them, so that it does not seem to end with
        half a line end, or with a line that nothing follows."""
        try:
            yield from self._text
        except BadTextError as error:
            self._unreadable = error
            yield REPLACEMENT

    def _breaks_off(self, block: Block) -> bool:
        """Whether it ends where the text does that can be read: then that is what is wrong with it."""
        if self._unreadable is None or not block.text.endswith((REPLACEMENT, REPLACEMENT + "\n")):
            return False
        self.faults.append(Fault(line=block.first_line, code=self._unreadable.code, detail=self._unreadable.detail))
        return True

    def _read_header(self, pieces: Iterator[str]) -> Block:
        """Read the header, if there is a good one, and return what has been read below it."""
        record, below = header.find(pieces, most_bytes=self._limits.record_bytes)
        if record.is_cut:
            self.faults.append(self._too_long(record, header.QUOTING))
        elif record.text and (below.text or not self._breaks_off(record)):
            self._header_line = record.first_line
            found = header.read(record.text, record.first_line)
            if isinstance(found, Header):
                self.header = found
            else:
                self.faults += found
        return below

    def _too_long(self, block: Block, quoting: Quoting) -> Fault:
        limit = self._limits.record_bytes
        if quoting.ends_quoted(block.text):
            detail = f"a quote is opened here and not closed within {limit} bytes"
            return Fault(line=block.first_line, code="unclosed_quote", detail=detail)
        return Fault(line=block.first_line, code="record_too_long", detail=f"the row is longer than {limit} bytes")
