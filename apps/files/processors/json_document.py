"""JSON (RFC 8259): what is at the top, how deep it goes, how much is in it; and where it is broken.

UTF-8 is expected, with or without a byte order mark; UTF-16 and UTF-32 are read too where they show themselves.
Nothing is built from the text, so numbers of any size, repeated names and lone surrogates are fine. Memory: about
5 MB, however large the file or its values, and a byte for each open bracket.
"""

from collections.abc import Iterator
from typing import BinaryIO, NotRequired, TypedDict

from apps.files.processors.base import Context, Processed, Processor, storable
from apps.files.processors.detection import texts
from apps.files.processors.formats import encodings, json_scanner
from apps.files.processors.formats.encodings import Encoding
from apps.files.processors.formats.json_scanner import MOST_NAME_CHARACTERS, Outline


class JsonResult(TypedDict):
    """`length` counts the elements of an array or the members of an object; `keys` are an object's first names."""

    type: str
    depth: int
    length: NotRequired[int]
    keys: NotRequired[list[str]]


def process(context: Context) -> Processed:
    with context.path.open("rb") as file:
        encoding = encodings.marked(file.read(encodings.SAMPLE_BYTES)) or Encoding("utf-8", "utf-8")
        outline = json_scanner.outline(_blocks(file, encoding, context))
    return Processed(result=dict(_described(outline)))


def _blocks(file: BinaryIO, encoding: Encoding, context: Context) -> Iterator[str]:
    for block in encodings.strictly_decoded_blocks(file, encoding):
        context.report(file.tell(), context.size)
        yield block


def _described(outline: Outline) -> JsonResult:
    result: JsonResult = {"type": outline.type, "depth": outline.depth}
    if outline.type in {"array", "object"}:
        result["length"] = outline.length
    if outline.type == "object":
        result["keys"] = [storable(name, MOST_NAME_CHARACTERS) for name in outline.names]
    return result


PROCESSOR = Processor(kind="json", content_types=frozenset({texts.JSON}), process=process, result=JsonResult)
