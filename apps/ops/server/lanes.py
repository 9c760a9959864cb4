"""Which threads answer a request: those by which platforms watch the process have threads of their own.

However many requests wait for a database, a bucket or an import, the process still says that it lives, how it does
and what it measures.
"""

from waitress.task import ThreadedTaskDispatcher

from apps.ops.server.channel import Channel

#: Never waits for anything.
LIVE = "/health/live/"
#: May wait for a database that is away.
WATCHED = ("/health/ready/", "/metrics")


class Lanes:
    """What Waitress takes for its one dispatcher."""

    def __init__(self, threads: int) -> None:
        self._common = _dispatcher(threads)
        self._reserved = {LIVE: _dispatcher(1), **dict.fromkeys(WATCHED, _dispatcher(1))}

    @property
    def are_empty(self) -> bool:
        return not any(lane.threads for lane in self._all)

    def add_task(self, channel: Channel) -> None:
        """A channel's next request waits for a thread of its lane."""
        self._reserved.get(channel.requests[0].path, self._common).add_task(channel)

    def shutdown(self, timeout_seconds: float) -> None:
        for lane in self._all:
            lane.shutdown(timeout=timeout_seconds)

    @property
    def _all(self) -> set[ThreadedTaskDispatcher]:
        return {self._common, *self._reserved.values()}


def _dispatcher(threads: int) -> ThreadedTaskDispatcher:
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(threads)
    return dispatcher
