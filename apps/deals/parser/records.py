"""Cuts text into blocks of whole records, so that each block can be parsed by itself and none is large.

Lines end with LF, CRLF or CR and are counted as a text editor counts them. A record ends at a line end that has an
even number of quotes before it: quotes come in pairs around a field and, doubled, inside of one. Where that is not
so the quoting is broken, and the block says so when it is parsed.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

QUOTE = '"'

_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class Block:
    """Some records. `is_cut`: this is the beginning of one that is longer than is allowed."""

    first_line: int
    text: str
    is_cut: bool = False

    @property
    def next_line(self) -> int:
        """The number of the line after it, where it ends with its line."""
        return self.first_line + _count_lines(self.text)

    def lines(self) -> list[str]:
        """With their ends."""
        return list(io.StringIO(self.text, newline=""))


def blocks(pieces: Iterable[str], *, most_bytes: int) -> Iterator[Block]:
    """All records of a text, in order; ends at the first one of more than `most_bytes`, counted in UTF-8.

    A piece has at most `most_bytes` itself, so that what lies within one piece is never too long.
    """
    line, rest = 1, ""
    for piece in pieces:
        text = rest + piece
        if rest and _is_longer(text[: _end_of_first(text, len(rest))], most_bytes):
            yield Block(line, text[:most_bytes], is_cut=True)
            return
        end = _end_of_last(text)
        if end:
            block = Block(line, text[:end])
            yield block
            line = block.next_line
        rest = text[end:]
    if rest:
        yield Block(line, rest)


def _end_of_first(text: str, done: int) -> int:
    """Where the first record ends, which has not ended in the first `done` characters."""
    start = done - 1 if text[done - 1] == "\r" else done
    quotes, counted = 0, 0
    for line_end in _LINE_END.finditer(text, start):
        quotes += text.count(QUOTE, counted, line_end.start())
        counted = line_end.start()
        if quotes % 2 == 0:
            return line_end.end()
    return len(text)


def _end_of_last(text: str) -> int:
    """Where the last whole record ends; 0: there is none. Every second part between quotes is within them."""
    parts = text.split(QUOTE)
    stop = len(text)
    for index in range(len(parts) - 1, -1, -1):
        start = stop - len(parts[index])
        end = _last_line_end(text, start, stop) if index % 2 == 0 else 0
        if end:
            return end
        stop = start - 1
    return 0


def _last_line_end(text: str, start: int, stop: int) -> int:
    """Where the last line ends that ends in between; 0: none does. A CR that is last may be half of a CRLF."""
    return 1 + max(text.rfind("\n", start, stop), text.rfind("\r", start, min(stop, len(text) - 1)))


def _count_lines(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _is_longer(text: str, most_bytes: int) -> bool:
    if len(text) * 4 <= most_bytes:  # no character has more than four
        return False
    return len(text) > most_bytes or len(text.encode()) > most_bytes
