"""Tells a file's content type from its first 64 KiB; the name decides only among texts and unclear containers.

Order, and so the answer where several fit: binary signatures as their table is ordered, a PDF behind some
junk, then text. What is none of these is `application/octet-stream`. Nothing here raises or reads a file.
"""

from pathlib import PurePosixPath

from apps.files.processors.detection import containers, signatures, texts

HEAD_BYTES = 64 * 1024
UNKNOWN = "application/octet-stream"


def content_type_of(head: bytes, name: str, size: int) -> str:
    """The content type of a file of `size` bytes that begins with `head`."""
    head, suffix = head[:HEAD_BYTES], extension(name)
    return (
        signatures.content_type_of(head, suffix)
        or containers.late_pdf(head)
        or texts.content_type_of(head, suffix, whole=size <= len(head))
        or UNKNOWN
    )


def extension(name: str) -> str:
    """The last extension with its dot, in lower case; empty where there is none."""
    return PurePosixPath(name.strip()).suffix.lower()
