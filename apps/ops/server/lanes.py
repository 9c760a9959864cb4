"""Which threads answer a request. Those by which platforms watch the process have threads of their own, and so have
imports of deals, one for four of the others.

However many requests wait for a database, a bucket or an import, the process still says that it lives, how it does and
what it measures. However many imports there are, the others find a thread.
"""

from typing import Any

from waitress.task import ThreadedTaskDispatcher

from apps.common import preferences
from apps.ops.server import refusals
from apps.ops.server.channel import Channel

#: Never waits for anything.
LIVE = "/health/live/"
#: May wait for a database that is away.
WATCHED = ("/health/ready/", "/metrics")
#: A file that is read while its client waits keeps the interpreter busy. One thread in so many may do that.
THREADS_PER_IMPORT = 4


class Lanes:
    """What Waitress takes for its one dispatcher."""

    def __init__(self, threads: int) -> None:
        self._common = _dispatcher(threads)
        self._imports = _dispatcher(max(1, threads // THREADS_PER_IMPORT))
        self._reserved = {LIVE: _dispatcher(1), **dict.fromkeys(WATCHED, _dispatcher(1))}

    @property
    def are_empty(self) -> bool:
        return not any(lane.threads for lane in self._all)

    def add_task(self, channel: Channel) -> None:
        """A channel's next request waits for a thread of its lane."""
        request = channel.requests[0]
        lane = self._imports if _is_import(request) else self._reserved.get(request.path, self._common)
        lane.add_task(channel)

    def shutdown(self, timeout_seconds: float) -> None:
        for lane in self._all:
            lane.shutdown(timeout=timeout_seconds)

    @property
    def _all(self) -> set[ThreadedTaskDispatcher]:
        return {self._common, self._imports, *self._reserved.values()}


def _is_import(request: Any) -> bool:
    """One that takes its time: not a refused one, nor one that leaves the file to the workers."""
    return (
        request.path in refusals.OF_DEALS
        and request.command == "POST"
        and not request.error
        and not preferences.prefers_async(request.headers.get("PREFER", ""))
    )


def _dispatcher(threads: int) -> ThreadedTaskDispatcher:
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(threads)
    return dispatcher
