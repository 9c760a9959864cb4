"""Finds the encoding of a text and decodes it in blocks.

The rule: a byte order mark; UTF-16 without one, by its pattern of zero bytes; UTF-8 where the whole file is
valid; then a guess on a sample of 32 KiB, Windows-1251 before all others when it makes Russian words. A guess
never fails: what cannot be decoded becomes U+FFFD. Memory: a block of 256 KiB and its text.
"""

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import charset_normalizer

BLOCK_BYTES = 256 * 1024
SAMPLE_BYTES = 32 * 1024
GUESS_BYTES = 8 * 1024
UNKNOWN = "unknown-8bit"

#: What is worth guessing among; all that charset-normalizer knows makes it mistake short texts.
CANDIDATES = ["cp1251", "cp1252", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256", "iso8859_5", "koi8_r", "koi8_u"]
CANDIDATES += ["cp866", "mac_cyrillic", "cp932", "euc_jp", "gb18030", "big5", "cp949"]
CYRILLIC_CODECS = ("cp1251", "koi8_r", "cp866", "iso8859_5")
FREQUENT_LETTERS = frozenset("оеаинтсрвлкмдпуя")

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f\ufffd]")
_CYRILLIC_WORD = re.compile(r"(?<!\w)[\u0400-\u04ff]{2,}(?!\w)")
_LOWER = re.compile(r"[а-яё-ў]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")


@dataclass(frozen=True)
class Encoding:
    """`name` is told to people, `codec` decodes what follows the `mark_bytes` of a byte order mark."""

    name: str
    codec: str
    mark_bytes: int = 0


def marked(head: bytes) -> Encoding | None:
    """The encoding a head shows by itself: by a byte order mark, or as UTF-16 without one."""
    for mark, codec in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return Encoding(codec, codec, len(mark))
    unmarked = _unmarked_utf16(head)
    return Encoding(unmarked, unmarked) if unmarked else None


def find(path: Path) -> Encoding:
    """The encoding of a file; reads all of it unless it is marked or soon turns out not to be UTF-8."""
    with path.open("rb") as file:
        shown = marked(file.read(SAMPLE_BYTES))
        if shown:
            return shown
        file.seek(0)
        invalid_at = _first_invalid_utf8(file)
        if invalid_at is None:
            return Encoding("utf-8", "utf-8")
        file.seek(max(0, invalid_at - SAMPLE_BYTES // 4))
        return guess(file.read(SAMPLE_BYTES))


def guess(sample: bytes) -> Encoding:
    """The likeliest encoding of a sample that is not valid UTF-8."""
    if _is_damaged_utf8(sample):
        return Encoding("utf-8", "utf-8")
    codec = _cyrillic(sample) or _other(_telling_part(sample))
    if codec is None:
        return Encoding(UNKNOWN, "ascii")
    return Encoding(codec.replace("cp125", "windows-125").replace("_", "-"), codec)


def decoded_blocks(file: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """The text of an open file, with U+FFFD for what cannot be decoded."""
    decoder = codecs.getincrementaldecoder(encoding.codec)("replace")
    file.seek(encoding.mark_bytes)
    while block := file.read(BLOCK_BYTES):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def opened_text(file: BinaryIO, encoding: Encoding) -> io.TextIOWrapper:
    """The same for reading by lines; line ends stay as they are."""
    file.seek(encoding.mark_bytes)
    return io.TextIOWrapper(file, encoding.codec, "replace", newline="")


def strictly_decoded_blocks(file: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """The text of an open file; before it raises UnicodeDecodeError it gives all that comes before the fault."""
    decoder = codecs.getincrementaldecoder(encoding.codec)()
    file.seek(encoding.mark_bytes)
    block = b"?"
    while block:
        block = file.read(BLOCK_BYTES)
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            yield error.object[: error.start].decode(encoding.codec)
            raise
        yield text


def _first_invalid_utf8(file: BinaryIO) -> int | None:
    """The offset of the first byte that is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    block = b"?"
    while block:
        block = file.read(BLOCK_BYTES)
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            return file.tell() - len(error.object) + error.start
    return None


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 of Latin or Cyrillic letters has 0 or 4 in every second byte, and text in between."""
    if len(head) < 4:
        return None
    for codec, high, low in (("utf-16-le", head[1::2], head[0::2]), ("utf-16-be", head[0::2], head[1::2])):
        if _share_of_high_bytes(high) >= 0.9 and _share_of_high_bytes(low) <= 0.1:
            text = head.decode(codec, "replace")
            return codec if len(_CONTROL.findall(text)) <= len(text) * 0.02 else None
    return None


def _share_of_high_bytes(every_second: bytes) -> float:
    return (every_second.count(0) + every_second.count(4)) / len(every_second)


def _is_damaged_utf8(sample: bytes) -> bool:
    """More characters beyond ASCII are well-formed than not."""
    text = sample.decode("utf-8", "replace")
    return len(_BEYOND_ASCII.findall(text)) > 2 * text.count("\ufffd")


def _cyrillic(sample: bytes) -> str | None:
    """The Cyrillic encoding in which the sample reads most like Russian; Windows-1251 where it is close."""
    likeness = {codec: _russian_likeness(sample.decode(codec, "replace")) for codec in CYRILLIC_CODECS}
    best = max(likeness, key=lambda codec: likeness[codec])
    if likeness["cp1251"] >= 0.58 and likeness["cp1251"] >= likeness[best] - 0.1:
        return "cp1251"
    return best if likeness[best] >= 0.6 else None


def _russian_likeness(text: str) -> float:
    """The share, of all characters beyond ASCII, that are frequent letters in words of Cyrillic letters alone."""
    # In a wrong Cyrillic encoding upper and lower case are mixed up.
    words = [
        word for word in _CYRILLIC_WORD.findall(text) if word.isupper() or 2 * len(_LOWER.findall(word)) > len(word)
    ]
    frequent = sum(letter in FREQUENT_LETTERS for word in words for letter in word.lower())
    return frequent / max(1, len(_BEYOND_ASCII.findall(text)) + text.count("\ufffd"))


def _other(sample: bytes) -> str | None:
    best = charset_normalizer.from_bytes(sample, cp_isolation=CANDIDATES).best()
    if best is None:
        return None
    # Few accents read the same in Western and Central European; the one is far more frequent than the other.
    is_western = best.encoding == "cp1250" and str(best) == sample.decode("cp1252", "replace")
    return "cp1252" if is_western else best.encoding


def _telling_part(sample: bytes) -> bytes:
    """Whole lines that are not plain ASCII, as those tell nothing."""
    lines = [line for line in sample.splitlines() if not line.isascii()]
    return b"\n".join(lines)[:GUESS_BYTES]
