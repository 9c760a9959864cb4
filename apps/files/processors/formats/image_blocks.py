"""Walks the blocks of image files without decoding, for what Pillow would answer only at a price.

Counting the frames of a GIF or the pages of a TIFF with Pillow reads every frame and has no end in a hostile
file; and a JPEG may ask for its whole picture to be decoded once for each of thousands of scans. Every walk here
ends: after so many blocks, or with the file.
"""

import re
from typing import BinaryIO, Literal

from apps.files.errors import Unprocessable

MOST_FRAMES = 100_000
MOST_GIF_BLOCKS = 4_000_000
MOST_SCANS = 100
MOST_BYTES_BEFORE_FRAME = 1024 * 1024
WINDOW_BYTES = 64 * 1024

GIF_EXTENSION, GIF_FRAME, GIF_ENDS = b"\x21", b"\x2c", {b";", b""}
JPEG_SCAN, JPEG_END = 0xDA, 0xD9
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)  # not stuffing, nor the restarts within a scan


def too_many_frames() -> Unprocessable:
    return Unprocessable("too_many_frames", f"The image has more than {MOST_FRAMES} frames.")


def gif_frames(file: BinaryIO) -> int:
    """How many frames a GIF has: the walk ends at the trailer, at the end, or at nonsense behind a frame.

    Nonsense before the first frame is skipped, as Pillow does, so that what Pillow reads then is within bounds.
    """
    file.seek(10)
    flags = file.read(1)
    file.seek(13 + _colour_table_bytes(flags))
    frames = blocks = 0
    while True:
        introducer = file.read(1)
        if introducer == GIF_FRAME:
            frames += 1
            file.seek(_colour_table_bytes(file.read(9)[8:]) + 1, 1)
        elif introducer == GIF_EXTENSION:
            file.seek(1, 1)
        elif introducer in GIF_ENDS or frames:
            return frames
        else:
            continue
        blocks += _skip_gif_data(file, MOST_GIF_BLOCKS - blocks)
        if frames > MOST_FRAMES:
            raise too_many_frames()
        if blocks >= MOST_GIF_BLOCKS:
            raise Unprocessable("too_many_blocks", f"The image is cut into more than {MOST_GIF_BLOCKS} blocks.")
        if not frames and file.tell() > MOST_BYTES_BEFORE_FRAME:  # Pillow keeps each block of a comment as an object
            raise Unprocessable("metadata_too_large", "The image has a megabyte of comments before its first frame.")


def _colour_table_bytes(flags: bytes) -> int:
    return 3 << ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _skip_gif_data(file: BinaryIO, most: int) -> int:
    """Skip blocks of up to 255 bytes until an empty one; how many there were."""
    for count in range(1, most + 1):
        length = file.read(1)
        if not length or not length[0]:
            return count
        file.seek(length[0], 1)
    return most


def tiff_pages(file: BinaryIO) -> int:
    """How many pages a TIFF has. Raises Unprocessable where the chain of their directories is broken."""
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(16)
    order: Literal["little", "big"] = "little" if head.startswith(b"II") else "big"
    is_big = head[2:4] in {b"+\x00", b"\x00+"}
    counter_bytes, entry_bytes, pointer_bytes = (8, 20, 8) if is_big else (2, 12, 4)
    at = int.from_bytes(head[8:16] if is_big else head[4:8], order)
    seen: set[int] = set()
    while at and at not in seen:
        seen.add(at)
        if len(seen) > MOST_FRAMES:
            raise too_many_frames()
        file.seek(min(at, size))
        entries = int.from_bytes(file.read(counter_bytes), order)
        pointer_at = at + counter_bytes + entries * entry_bytes
        if pointer_at + pointer_bytes > size:
            raise Unprocessable("damaged_image", f"Page {len(seen)} cannot be read: it lies beyond the file's end.")
        file.seek(pointer_at)
        at = int.from_bytes(file.read(pointer_bytes), order)
    return len(seen)


def check_jpeg_scans(file: BinaryIO) -> None:
    """Refuse a JPEG whose picture is spread over so many scans that decoding it would take minutes."""
    at, scans = 2, 0
    while at:
        file.seek(at)
        marker = file.read(4)
        if len(marker) < 4 or marker[0] != 0xFF or marker[1] == JPEG_END:
            return
        at += 2 + int.from_bytes(marker[2:], "big")
        if marker[1] == JPEG_SCAN:
            scans += 1
            at = _next_jpeg_marker(file, at)
        if scans > MOST_SCANS:
            raise Unprocessable("too_many_scans", f"The image is stored in more than {MOST_SCANS} scans.")


def _next_jpeg_marker(file: BinaryIO, at: int) -> int:
    """Where the data of a scan ends; 0 where the file does."""
    file.seek(at)
    while window := file.read(WINDOW_BYTES):
        found = _JPEG_MARKER.search(window)
        if found:
            return at + found.start()
        at = file.seek(-1 if len(window) == WINDOW_BYTES else 0, 1)
    return 0
