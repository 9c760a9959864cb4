"""Cuts text into blocks of whole records, so that each block can be parsed by itself and none is large.

Lines end with LF, CRLF or CR and are counted as a text editor counts them. A record ends at a line end that is not
quoted. As `csv` has it, a quote opens only where a value begins; anywhere else it is a character like others.
"""

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

QUOTE = '"'

_LINE_END = re.compile("\r\n|\r|\n")
#: From its opening quote; where there is no closing one, to the end of the text. Nothing is tried in a second way, so a
#: megabyte of quotes takes neither memory nor time.
_QUOTED = r'"[^"]*+(?:""[^"]*+)*+"?'


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


class Quoting:
    """Where records end, given what can stand between values."""

    def __init__(self, delimiters: str) -> None:
        between = re.escape(delimiters)
        self._before_values = set(delimiters + "\r\n")
        #: As many as follow each other on a line, at one go: files in which every value is quoted are common.
        self._quoted = re.compile(rf"{_QUOTED}(?:[{between}]{_QUOTED})*+")
        self._rest_of_value = re.compile(rf"[^\r\n{between}]*+")

    def first_end(self, text: str, done: int = 0) -> int:
        """Where the first record ends, which has not ended in the first `done` characters; 0: it does not end."""
        start = done - 1 if text[done - 1 : done] == "\r" else done
        for begin, stop in self._unquoted(text):
            line_end = _LINE_END.search(text, max(begin, start), stop)
            if line_end:
                return line_end.end()
        return 0

    def last_end(self, text: str) -> int:
        """Where the last whole record ends; 0: there is none."""
        end = 0
        for begin, stop in self._unquoted(text):
            end = last_line_end(text, begin, stop) or end
        return end

    def ends_quoted(self, text: str) -> bool:
        """Whether it ends within, or with, a quoted value."""
        begin = 0
        for begin, _ in self._unquoted(text):  # noqa: B007 — the last one is wanted
            pass
        return begin == len(text) > 0

    def _unquoted(self, text: str) -> Iterator[tuple[int, int]]:
        """From where to where nothing is quoted. The text begins with a record."""
        begin, quote = 0, text.find(QUOTE)
        while quote >= 0:
            if quote == 0 or text[quote - 1] in self._before_values:
                yield begin, quote
                begin = after = _end(self._quoted, text, quote)
            else:
                after = _end(self._rest_of_value, text, quote)
            quote = text.find(QUOTE, after)
        yield begin, len(text)


def blocks(pieces: Iterable[str], quoting: Quoting, *, most_bytes: int, first_line: int = 1) -> Iterator[Block]:
    """All records of a text, in order; ends at the first one of more than `most_bytes`, counted in UTF-8.

    A piece has at most `most_bytes` itself, so that what lies within one piece is never too long.
    """
    line, rest = first_line, ""
    for piece in pieces:
        text = rest + piece
        if rest and is_longer(text[: quoting.first_end(text, len(rest)) or len(text)], most_bytes):
            yield Block(line, text[:most_bytes], is_cut=True)
            return
        end = quoting.last_end(text)
        if end:
            block = Block(line, text[:end])
            yield block
            line = block.next_line
        rest = text[end:]
    if rest:
        yield Block(line, rest)


def is_longer(text: str, most_bytes: int) -> bool:
    if len(text) * 4 <= most_bytes:  # no character has more than four
        return False
    return len(text) > most_bytes or len(text.encode()) > most_bytes


def _end(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return found.end() if found else start


def last_line_end(text: str, start: int, stop: int) -> int:
    """Where the last line ends that ends in between; 0: none does. A CR that is last may be half of a CRLF."""
    return 1 + max(text.rfind("\n", start, stop), text.rfind("\r", start, min(stop, len(text) - 1)))


def _count_lines(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")
