"""What waits to be sent on one connection: the first of it in memory, the rest in a file that is no longer than what
waits, however much passes through."""

import os
import tempfile
from collections import deque

#: A piece that is kept in memory, or in a place of the file.
BLOCK_BYTES = 64 * 1024
#: Beyond so many bytes that wait an answer is held back, or goes to the disk.
MOST_UNREAD_BYTES = 256 * 1024
#: One block more is taken before anybody looks.
MEMORY_BYTES = MOST_UNREAD_BYTES + BLOCK_BYTES


class Spool:
    """Speaks as Waitress's buffers do: `append` at the end, `get` and `skip` at the front.

    A place of the file is written again once it was read. What cannot be stored leaves everything as it was (OSError).
    """

    def __init__(self) -> None:
        #: Blocks in memory, and places of the file with their lengths, in order.
        self._blocks: deque[bytes | tuple[int, int]] = deque()
        #: Of the first block, how much was skipped.
        self._skipped = 0
        self._bytes = 0
        self._memory_bytes = 0
        self._file = -1
        self._places = 0
        self._free: list[int] = []

    def __len__(self) -> int:
        return self._bytes

    def append(self, data: bytes) -> None:
        """At most BLOCK_BYTES."""
        in_memory = self._memory_bytes + len(data) <= MEMORY_BYTES
        self._blocks.append(bytes(data) if in_memory else self._store(data))
        self._memory_bytes += len(data) if in_memory else 0
        self._bytes += len(data)

    def get(self, most_bytes: int) -> bytes:
        """The next bytes, which stay; not beyond the end of a block."""
        if not self._blocks:
            return b""
        first = self._blocks[0]
        if isinstance(first, bytes):
            return first[self._skipped : self._skipped + most_bytes]
        place, length = first
        return os.pread(self._file, min(most_bytes, length - self._skipped), place + self._skipped)

    def skip(self, number: int, _allow_prune: bool = False) -> None:  # noqa: FBT001, FBT002 — Waitress's signature
        """What was got."""
        self._bytes -= number
        self._skipped += number
        first = self._blocks[0]
        if self._skipped < (len(first) if isinstance(first, bytes) else first[1]):
            return
        self._blocks.popleft()
        self._skipped = 0
        if isinstance(first, bytes):
            self._memory_bytes -= len(first)
        else:
            self._free.append(first[0])
            if len(self._free) == self._places:
                self._drop_file()

    def close(self) -> None:
        self._blocks.clear()
        self._bytes = self._memory_bytes = self._skipped = 0
        self._drop_file()

    def _store(self, data: bytes) -> tuple[int, int]:
        if self._file < 0:
            self._file, path = tempfile.mkstemp()
            os.unlink(path)  # noqa: PTH108 — a name, not a Path
        place = self._free.pop() if self._free else self._places * BLOCK_BYTES
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._file, data[written:], place + written)
        except OSError:
            if place != self._places * BLOCK_BYTES:
                self._free.append(place)
            raise
        self._places = max(self._places, place // BLOCK_BYTES + 1)
        return place, len(data)

    def _drop_file(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file, self._places = -1, 0
        self._free.clear()
