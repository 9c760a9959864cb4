"""What sort of text a head is, if it is text at all.

The extensions .csv, .tsv and .json decide. Without one of them: what begins with a brace or a bracket is JSON,
with a tag HTML, SVG or XML; lines that all have the same number of one delimiter are a table; the rest is plain.
"""

import codecs
import re

from apps.files.processors.detection.confirm import share_of_controls
from apps.files.processors.formats import encodings

PLAIN = "text/plain"
CSV = "text/csv"
TSV = "text/tab-separated-values"
JSON = "application/json"
HTML = "text/html"
SVG = "image/svg+xml"
XML = "application/xml"

BY_EXTENSION = {".csv": CSV, ".tsv": TSV, ".json": JSON}
DELIMITERS = ",;\t|"

#: Of UTF-8, that a program wrote with a NUL here and there; and of older encodings, where any byte is a letter.
MOST_CONTROLS_UTF8 = 0.1
MOST_CONTROLS = 0.02

_LINE_END = re.compile(r"\r\n|\n|\r")
_QUOTED = re.compile(r'"[^"]*"')
_PROLOGUE = re.compile(r"(?:\s+|<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE\s+svg[^>]*>)*", re.DOTALL | re.IGNORECASE)
_HTML = re.compile(r"<(?:!doctype\s+html|(?:html|head|body|title|script|iframe|style|table|div|p|h1|br|a)[\s/>])", re.I)
_SVG = re.compile(r"<(?:\w+:)?svg[\s>]", re.IGNORECASE)
_ELEMENT = re.compile(r"<[A-Za-z_][\w:.-]*(?:\s[^<>]*)?/?>")


def content_type_of(head: bytes, extension: str, *, whole: bool) -> str | None:
    """None for what is no text. `whole`: the head is all there is of the file."""
    text = _text(head)
    if text is None:
        return None
    if extension in BY_EXTENSION:
        return BY_EXTENSION[extension]
    start = text.lstrip()
    if start.startswith(("{", "[")):
        return JSON
    return (_markup(start) if start.startswith("<") else None) or _table(text, whole=whole) or PLAIN


def _text(head: bytes) -> str | None:
    """The head as text, as well as it can be told without knowing the encoding."""
    marked = encodings.marked(head)
    if marked:
        return _decoded(head[marked.mark_bytes :], marked.codec)
    controls = share_of_controls(head)
    text = _decoded(head, "utf-8") if head and controls <= MOST_CONTROLS_UTF8 else None
    if text is None and controls <= MOST_CONTROLS and head:
        return head.decode("latin-1")
    return text


def _decoded(head: bytes, codec: str) -> str | None:
    """None where it is not in this encoding; a character cut off at the end is left out."""
    try:
        return codecs.getincrementaldecoder(codec)().decode(head)
    except UnicodeDecodeError:
        return None


def _markup(start: str) -> str | None:
    body = start[_PROLOGUE.match(start).end() :]  # type: ignore[union-attr] # matches nothing at worst
    if _SVG.match(body):
        return SVG
    if _HTML.match(body):
        return HTML
    return XML if start.startswith("<?xml") or _ELEMENT.match(body) else None


def _table(text: str, *, whole: bool) -> str | None:
    """CSV or TSV where every line has the same number of a delimiter, not counting those within quotes."""
    lines = _LINE_END.split(text.rstrip("\r\n"))
    if not whole and not text.endswith(("\r", "\n")):
        lines.pop()
    delimiter = _common_delimiter(lines)
    if delimiter is None and '"' in text:
        delimiter = _common_delimiter(_LINE_END.split(_QUOTED.sub("", "\n".join(lines))))
    if delimiter is None:
        return None
    return TSV if delimiter == "\t" else CSV


def _common_delimiter(lines: list[str]) -> str | None:
    if len(lines) < 2:
        return None
    for delimiter in DELIMITERS:
        count = lines[0].count(delimiter)
        if count and all(line.count(delimiter) == count for line in lines):
            return delimiter
    return None
