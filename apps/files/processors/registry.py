"""The index of all kinds of files, and the two questions asked of it: what is this file, and what is in it.

    image   image.py           PNG, JPEG, GIF, WebP, AVIF, BMP, ICO, TIFF
    table   table.py           CSV, TSV
    json    json_document.py   JSON
    text    text.py            plain text, HTML, XML, SVG (never rendered)
    other   other.py           everything else, and every kind to come

A new kind is one file beside these and one line in `PROCESSORS`; docs/how-to/add-a-file-kind.md walks through it.

Ties. Of two signatures that fit a file, the first in `detection` wins, so a polyglot is what its first bytes
say. A content type has one processor: a second one claiming it is refused when the registry is made. A content
type without a processor is `other`, and so is a kind that is no longer there.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from apps.files.processors import detection, image, json_document, other, table, text
from apps.files.processors.base import Context, Processed, Processor
from apps.files.processors.detection import claims

PROCESSORS = (
    image.PROCESSOR,
    table.PROCESSOR,
    json_document.PROCESSOR,
    text.PROCESSOR,
    other.PROCESSOR,
)


@dataclass(frozen=True)
class Detected:
    """What a file is, by its bytes."""

    kind: str
    content_type: str


class Registry:
    """Processors by kind and by content type; does not change once made."""

    def __init__(self, processors: Iterable[Processor]) -> None:
        self._by_kind: dict[str, Processor] = {}
        self._by_content_type: dict[str, Processor] = {}
        for processor in processors:
            self._by_kind.setdefault(processor.kind, processor)
            for content_type in processor.content_types:
                if content_type in self._by_content_type:
                    raise ValueError(f"Two processors take {content_type}; a content type has one.")
                self._by_content_type[content_type] = processor

    def kinds(self) -> list[str]:
        return list(self._by_kind)

    def results(self) -> list[type]:
        """What the kinds find out, as far as they describe it."""
        processors = [*self._by_kind.values(), *self._by_content_type.values()]
        return list(dict.fromkeys(processor.result for processor in processors if processor.result))

    def detect(self, head: bytes, name: str, size: int) -> Detected:
        """Tell a file's kind from its first 64 KiB, its name and its size in bytes. Quick, and never raises."""
        content_type = detection.content_type_of(head, name, size)
        return Detected(self._by_content_type.get(content_type, other.PROCESSOR).kind, content_type)

    def process(self, kind: str, context: Context) -> Processed:
        """Run the kind's processor and add what every kind has. Raises Unprocessable for a fault of the file."""
        processed = self._processor(kind, context.content_type).process(context)
        common = {
            "sha256": _sha256(context.path),
            "mismatch": claims.mismatch(context.name, context.declared, context.content_type),
        }
        return Processed(result={**processed.result, **common}, thumbnail=processed.thumbnail)

    def _processor(self, kind: str, content_type: str) -> Processor:
        by_content_type = self._by_content_type.get(content_type)
        if by_content_type and by_content_type.kind == kind:
            return by_content_type
        return self._by_kind.get(kind, other.PROCESSOR)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


REGISTRY = Registry(PROCESSORS)
kinds = REGISTRY.kinds
results = REGISTRY.results
detect = REGISTRY.detect
process = REGISTRY.process
