"""Reads HTTP answers of a known form: a status line, headers with a length, a body."""

import re

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class UnreadableAnswerError(Exception):
    """The answer has no length, or is not HTTP."""


class AnswerReader:
    """Takes what a connection receives; bodies are counted, not kept."""

    def __init__(self) -> None:
        self._head = b""
        self._missing = 0
        self._status = 0

    def feed(self, received: bytes) -> int:
        """The status of the answer that is complete with this, or 0 while more is to come."""
        if self._missing:
            self._missing -= len(received)
        else:
            self._head += received
            if not self._read_head():
                return 0
        if self._missing:
            return 0
        status, self._status = self._status, 0
        return status

    def _read_head(self) -> bool:
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            return False
        length = LENGTH.search(self._head, 0, end)
        if length is None or not self._head.startswith(b"HTTP/1.1 "):
            raise UnreadableAnswerError(self._head[:end].decode("latin-1"))
        self._status = int(self._head[9:12])
        self._missing = end + 4 + int(length[1]) - len(self._head)
        self._head = b""
        return True
