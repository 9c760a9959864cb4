"""What a processor is given, what it gives back, and what it is. Contract for everyone who writes one:

A processor SHALL only read the file, raise nothing but `Unprocessable` for whatever bytes it meets, hold an
amount of memory that does not grow with the file (its module says how much), and give back a `result` that
is JSON: no NaN, no NUL character, no lone surrogate, bounded in size. It SHALL know no settings, no request
and no database. It MAY run in several threads at once. It SHOULD call `report` every few megabytes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

#: What `Processed.thumbnail` is.
THUMBNAIL_CONTENT_TYPE = "image/webp"

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL's text and jsonb refuse these


@dataclass(frozen=True)
class Context:
    """One file to process. `report(done_bytes, total_bytes)` tells how far the work is."""

    path: Path
    name: str
    declared: str
    content_type: str
    size: int
    report: Callable[[int, int], None]


@dataclass(frozen=True)
class Processed:
    """What was found. `thumbnail` is a finished WebP image without any metadata."""

    result: dict[str, Any]
    thumbnail: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Processor:
    """One kind's work on some content types. A kind may have several processors, a content type has one.

    `result` is the TypedDict of what it finds out, for the API's description. None: it is not described.
    """

    kind: str
    content_types: frozenset[str]
    process: Callable[[Context], Processed]
    result: type | None = None


class Mismatch(TypedDict):
    """What was claimed and what the bytes say; a claim that was not made is null."""

    extension: str | None
    declared: str | None
    detected: str


class CommonResult(TypedDict):
    """What every kind's result holds: a fingerprint, whether name and type fit the bytes, and what the run cost."""

    sha256: str
    mismatch: Mismatch | None
    wall_ms: int
    cpu_ms: int
    peak_memory_bytes: int


def storable(text: str, most_characters: int) -> str:
    """The beginning of a text, with U+FFFD for what JSON in PostgreSQL cannot hold."""
    return _UNSTORABLE.sub("\ufffd", text[:most_characters])
