"""Waitress's settings, each with the reason for its value."""

import resource
import sys
from pathlib import Path

from waitress.adjustments import Adjustments as WaitressAdjustments

from apps.ops.server.limits import BodyLimit
from apps.ops.server.spool import MOST_UNREAD_BYTES

KIBIBYTE = 1024
MAX_CONNECTIONS = 1000
#: A connection can need its socket, a spooled body and a spooled answer; the rest is for the database and Redis.
DESCRIPTORS_PER_CONNECTION = 3
WANTED_DESCRIPTORS = 4096
#: Long enough for a train's tunnel, see `apps.ops.server.pace`.
PACE_WINDOW_SECONDS = 60.0


class Adjustments(WaitressAdjustments):  # type: ignore[misc]
    """What Waitress has no setting for is here as well, for the parser and the channel."""

    def __init__(
        self,
        *,
        threads: int,
        request_timeout_seconds: int,
        body_limits: tuple[BodyLimit, ...],
        spool_dir: Path,
        pace_window_seconds: float | None = None,
    ) -> None:
        super().__init__(
            threads=threads,
            channel_timeout=request_timeout_seconds,
            cleanup_interval=1,  # so that a timeout of a few seconds is one
            asyncore_use_poll=True,  # select() ends at descriptor 1024
            connection_limit=_connection_limit(),
            outbuf_high_watermark=MOST_UNREAD_BYTES,  # below it, a thread that waits for its reader is woken
            recv_bytes=64 * KIBIBYTE,  # an eighth of the system calls for an upload; there is one such buffer
            inbuf_overflow=64 * KIBIBYTE,  # larger bodies go to disk: all connections' bodies in memory stay bounded
            max_request_header_size=64 * KIBIBYTE,
            max_request_body_size=sys.maxsize,  # never the one that decides: the parser has the limits, by path
            clear_untrusted_proxy_headers=False,  # apps.ops.server.wsgi does it
            ident="",  # no Server header
        )
        self.body_limits = body_limits
        self.spool_dir = spool_dir
        self.spool_reserve_bytes = max(limit.max_bytes * limit.copies for limit in body_limits)
        self.pace_window_seconds = (
            max(PACE_WINDOW_SECONDS, request_timeout_seconds) if pace_window_seconds is None else pace_window_seconds
        )


def _connection_limit() -> int:
    """As many as the descriptors allow, after asking for more where the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(WANTED_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return (
        MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, soft // DESCRIPTORS_PER_CONNECTION)
    )
