"""Text: its encoding, its size in lines, words and characters, and how it begins.

One pass in blocks, after the one that finds the encoding. A line ends with LF, CRLF or CR; a word is a run of
characters without white space; characters are Unicode code points, line ends counted, a byte order mark not;
bytes that cannot be decoded are among the `replacement_characters`, U+FFFD. HTML, XML and SVG are read as the
text they are: nothing is rendered. Memory: a few megabytes, however long the file or its lines.
"""

from typing import TypedDict

from apps.files.processors.base import Context, Processed, Processor, storable
from apps.files.processors.detection import texts
from apps.files.processors.formats import encodings

PREVIEW_CHARACTERS = 1000
REPLACEMENT = "\ufffd"


class TextResult(TypedDict):
    """How much text there is, and its beginning."""

    encoding: str
    lines: int
    words: int
    characters: int
    replacement_characters: int
    preview: str


class Counts:
    """Adds up blocks of one text. What a block ends with says how the next one is to be counted."""

    def __init__(self) -> None:
        self.characters = self.words = self.line_ends = self.replaced = 0
        self.last = "\n"
        self.preview = ""

    @property
    def lines(self) -> int:
        """A last line without an end is a line too."""
        return self.line_ends + (self.last not in "\r\n")

    def add(self, block: str) -> None:
        if not block:
            return
        is_joined = not self.last.isspace() and not block[0].isspace()
        self.words += len(block.split()) - is_joined
        splits_crlf = self.last == "\r" and block[0] == "\n"
        self.line_ends += block.count("\n") + block.count("\r") - block.count("\r\n") - splits_crlf
        self.replaced += block.count(REPLACEMENT)
        self.characters += len(block)
        self.last = block[-1]
        if len(self.preview) < PREVIEW_CHARACTERS:
            self.preview += block[: PREVIEW_CHARACTERS - len(self.preview)]


def process(context: Context) -> Processed:
    encoding = encodings.find(context.path)
    counts = Counts()
    with context.path.open("rb") as file:
        for block in encodings.decoded_blocks(file, encoding):
            counts.add(block)
            context.report(file.tell(), context.size)
    return Processed(
        result={
            "encoding": encoding.name,
            "lines": counts.lines,
            "words": counts.words,
            "characters": counts.characters,
            "replacement_characters": counts.replaced,
            "preview": storable(counts.preview, PREVIEW_CHARACTERS),
        }
    )


PROCESSOR = Processor(
    kind="text",
    content_types=frozenset({texts.PLAIN, texts.HTML, texts.XML, texts.SVG}),
    process=process,
    result=TextResult,
)
