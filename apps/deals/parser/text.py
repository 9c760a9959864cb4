"""Decodes a stream of bytes piece by piece: no guess where it can be known, and never a wrong text without an error.

A byte order mark decides; then what the client has declared; then UTF-8, strictly. At the first byte that is not
UTF-8 a file that was plain ASCII so far is Windows-1251 if the words there are mostly Cyrillic letters. So nothing
is read twice: what was decoded before reads the same in both.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Protocol

from apps.deals.parser.faults import BadTextError

SAMPLE_BYTES = 8 * 1024
CYRILLIC = re.compile("[\u0400-\u04ff]")
WORDS = re.compile(r"[^\W\d_]+")

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
#: Charsets that can be declared, by the name of Python's codec → the codec that is then the only one.
_DECLARED = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "cp1251": "cp1251",
    "ascii": None,  # says no more than nothing
    "utf-16": None,  # has to have its mark
    "utf-16-le": None,
    "utf-16-be": None,
}
#: Longer ones are not looked up: Python skips any number of dashes in a name, and no table should have to keep them.
MOST_CHARSET_CHARACTERS = 40
SAVE = "save the file as UTF-8"
#: A declared charset helps only where no byte order mark has decided.
SAVE_OR_DECLARE = f"{SAVE}, or send charset=windows-1251 with it if it is that"
_NAMES = {"cp1251": "windows-1251", "utf-16-le": "utf-16", "utf-16-be": "utf-16"}


class Stream(Protocol):
    def read(self, size: int, /) -> bytes:
        """At most so many bytes, none at the end."""


def is_supported(charset: str) -> bool:
    """Whether a declared charset is one of those that are accepted."""
    return _codec_of(charset) in _DECLARED


class Text:
    """Iterates over the text of a stream, in pieces of at most `piece_bytes` bytes; once.

    Raises BadTextError where the bytes are no text, after all that comes before has been given.

    Attributes:
      bytes_read: how much of the stream has been read.
      encoding: its name, final once the text has been read.
    """

    def __init__(self, stream: Stream, *, charset: str | None, piece_bytes: int) -> None:
        self._stream = stream
        self._piece_bytes = piece_bytes
        declared = _DECLARED[_codec_of(charset)] if charset else None
        self._codec = declared or "utf-8"
        self._is_decided = declared is not None
        self._is_ascii = True
        self._is_marked = False
        self.bytes_read = 0

    @property
    def encoding(self) -> str:
        return _NAMES.get(self._codec, self._codec)

    def __iter__(self) -> Iterator[str]:
        piece = self._without_mark(self._read())
        decoder = codecs.getincrementaldecoder(self._codec)()
        while True:
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                text = error.object[: error.start].decode(self._codec)
                self._is_ascii = self._is_ascii and text.isascii()
                yield text
                piece = self._decided(error.object[error.start :])
                decoder = codecs.getincrementaldecoder(self._codec)()
                continue
            self._is_ascii = self._is_ascii and text.isascii()
            yield text
            if not piece:
                return
            piece = self._read()

    def _read(self) -> bytes:
        piece = self._stream.read(self._piece_bytes)
        self.bytes_read += len(piece)
        return piece

    def _without_mark(self, piece: bytes) -> bytes:
        while 0 < len(piece) < 3 and (more := self._read()):  # a stream may give as little as it likes
            piece += more
        for mark, codec in _MARKS:
            if piece.startswith(mark):
                self._codec, self._is_decided, self._is_marked = codec, True, True
                return piece[len(mark) :] or self._read()
        return piece

    def _decided(self, rest: bytes) -> bytes:
        """What there is to be decoded as Windows-1251, beginning with a byte that is not UTF-8.

        Raises BadTextError where that has been decided otherwise, or does not read as Windows-1251.
        """
        error = self._undecodable(rest)
        if self._is_decided or not self._is_ascii:
            raise error
        while len(rest) < SAMPLE_BYTES and (more := self._read()):
            rest += more
        if not _reads_as_cyrillic(rest[:SAMPLE_BYTES]):
            raise error
        self._codec, self._is_decided = "cp1251", True
        return rest

    def _undecodable(self, rest: bytes) -> BadTextError:
        name = {"utf-8": "UTF-8", "cp1251": "Windows-1251"}.get(self._codec, "UTF-16")
        offset = self.bytes_read - len(rest)
        advice = SAVE if self._is_marked or self._codec != "utf-8" else SAVE_OR_DECLARE
        detail = f"the byte 0x{rest[0]:02X} at offset {offset} of the file is not {name}: {advice}"
        return BadTextError("encoding", detail)


def _codec_of(charset: str) -> str:
    if len(charset) > MOST_CHARSET_CHARACTERS:
        return ""
    try:
        return codecs.lookup(charset).name
    except (LookupError, ValueError):  # a ValueError for a name with NUL in it
        return ""


def _reads_as_cyrillic(sample: bytes) -> bool:
    """Most letters are Cyrillic in those words that are not plain ASCII, and one of these has two together."""
    words = [word for word in WORDS.findall(sample.decode("cp1251", "replace")) if not word.isascii()]
    cyrillic = [len(CYRILLIC.findall(word)) for word in words]
    return max(cyrillic, default=0) >= 2 and 2 * sum(cyrillic) > sum(map(len, words))
