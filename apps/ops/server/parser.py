"""Reads one request. What cannot be accepted is refused as soon as its headers say so, before any of its body.

A refused request is complete at once, and the rest of what the client sends on this connection is not looked at.
"""

import shutil
import time
from contextlib import suppress
from typing import Any

from waitress.parser import HTTPRequestParser, ParsingError

from apps.common import problems
from apps.common.problems import Problem
from apps.ops.server import limits, refusals
from apps.ops.server.adjustments import Adjustments
from apps.ops.server.refusals import Refusal

# Waitress keeps both in memory and searches them again with every read, without a bound of its own.
MAX_CHUNK_LINE_BYTES = 4096
MAX_TRAILER_BYTES = 65536


class RequestParser(HTTPRequestParser):  # type: ignore[misc]
    """The `body_limits` and the `spool_dir` of the adjustments say what fits."""

    error: Any
    path = ""
    body_rcv: Any
    content_length: int
    limit: limits.BodyLimit | None = None

    def __init__(self, adj: Adjustments) -> None:
        super().__init__(adj)
        self.started_at = time.time()

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        if self.chunked and not self.error:
            self._check_chunks()
        if self.error:
            self.expect_continue = False  # or Waitress would ask for the body that was refused
            return len(data)  # what follows is that body: it must not be taken for another request
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # a length of thousands of digits, an address with half a bracket
            raise ParsingError("not understood") from error
        if self.path.startswith("/"):
            self.path = "/" + self.path.lstrip("/")  # as Waitress gives it to the application
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            # Who takes the one and who takes the other for the end of the body sees different requests.
            raise ParsingError("two ends of one body")
        if "TRANSFER_ENCODING" in self.headers:  # of HTTP/1.0, which does not know it: Waitress would see no body
            raise ParsingError("chunks in a version without chunks")
        self.limit = limits.limit_for(self.path, self.adj.body_limits)
        if self.content_length > self.limit.max_bytes:
            self.refuse(refusals.too_large(self.limit.max_bytes))
        elif self.content_length > self.adj.inbuf_overflow and not self._has_room(self.limit.copies):
            self.refuse(problems.STORAGE_FULL)

    def refuse(self, problem: Problem) -> None:
        """Complete with this answer, and give back what was read of the body."""
        with suppress(OSError):  # a full disk says so once more on closing
            self.close()
        self.body_rcv = None
        self.expect_continue = False
        self.error = Refusal(refusals.told(self.path, problem))
        self.completed = True

    def _has_room(self, copies: int) -> bool:
        """Whether the body will fit. Others may be faster, so a disk found full while writing is 507 as well."""
        free_bytes: int = shutil.disk_usage(self.adj.spool_dir).free
        return self.content_length * copies <= free_bytes

    def _check_chunks(self) -> None:
        body = self.body_rcv
        if self.limit and len(body) + body.chunk_remainder > self.limit.max_bytes:
            self.refuse(refusals.too_large(self.limit.max_bytes))
        elif len(body.control_line) > MAX_CHUNK_LINE_BYTES or len(body.trailer) > MAX_TRAILER_BYTES:
            self.refuse(refusals.MALFORMED)
