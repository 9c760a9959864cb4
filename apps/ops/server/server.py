"""Accepts connections on given sockets, serves them, and stops without cutting off what is under way."""

import logging
import select
import socket
import time
from typing import Any

from waitress import wasyncore
from waitress.server import TcpWSGIServer

from apps.ops.server.adjustments import Adjustments
from apps.ops.server.channel import Channel
from apps.ops.server.lanes import Lanes
from apps.ops.server.wsgi import Application

logger = logging.getLogger(__name__)

# It warns with every request that has to wait for a thread, which under load is every request.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)

LOOP_SECONDS = 1.0
STOPPING_LOOP_SECONDS = 0.1


class Listener(TcpWSGIServer):  # type: ignore[misc]
    """One listening socket and the connections that came in through it."""

    channel_class = Channel
    stopping = False

    def maintenance(self, now: float) -> None:
        """Whatever is wrong with one connection ends that one, not the loop of all."""
        for channel in list(self.active_channels.values()):
            try:
                channel.expire(now)
            except Exception:
                logger.exception("a connection was dropped", extra={"action": "connection_failed"})
                channel.will_close = True  # the loop closes it, where another thread may not be at it

    def add_task(self, channel: Channel) -> None:
        if channel.may_begin():
            super().add_task(channel)

    def stop_accepting(self) -> None:
        """Take in whoever is connected already, then close the socket. The trigger stays for the running tasks."""
        self.stopping = True
        for _ in range(self.adj.backlog):
            if not select.select([self.socket], [], [], 0)[0]:
                break
            self.handle_accept()
        wasyncore.dispatcher.close(self)


class Server:
    """Serves until `stop`, which any thread or signal handler may call, then ends what is under way.

    Nothing here is shared with another process but the sockets, so several processes can serve on the same ones:
    open them, fork, and make a Server in each child.
    """

    def __init__(self, application: Application, sockets: list[socket.socket], adjustments: Adjustments) -> None:
        self._map: dict[int, Any] = {}
        self._lanes = Lanes(adjustments.threads)
        self._stopping = False
        self._listeners = [
            Listener(
                application,
                self._map,
                _sock=sock,
                dispatcher=self._lanes,
                adj=adjustments,
                bind_socket=False,
                sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
            )
            for sock in sockets
        ]

    @property
    def addresses(self) -> list[str]:
        return [f"http://{_in_url(one.effective_host)}:{one.effective_port}/" for one in self._listeners]

    def run(self, grace_seconds: float) -> None:
        """Serve until told to stop, then at most so long."""
        while not self._stopping:
            self._loop(LOOP_SECONDS)
        self._finish(time.monotonic() + grace_seconds)

    def stop(self) -> None:
        if not self._stopping:
            self._stopping = True
            self._listeners[0].pull_trigger()

    def close(self) -> None:
        """Give back what `run` left open for tasks that outlasted the grace: only when there are none, or never."""
        wasyncore.close_all(self._map)

    def _finish(self, deadline: float) -> None:
        for listener in self._listeners:
            listener.stop_accepting()
        self._loop(0)  # reads requests that have arrived but were not looked at
        while (busy := self._close_idle_channels()) and time.monotonic() < deadline:
            self._loop(STOPPING_LOOP_SECONDS)
        if busy:
            logger.warning("requests cut off at the end of the grace", extra={"action": "stop", "requests": busy})
        self._lanes.shutdown(0 if busy else STOPPING_LOOP_SECONDS)

    def _close_idle_channels(self) -> int:
        """Close the connections without a request; the number of those that have one."""
        channels = [channel for listener in self._listeners for channel in list(listener.active_channels.values())]
        busy = [channel for channel in channels if channel.is_busy]
        for channel in channels:
            if channel not in busy:
                channel.handle_close()
        return len(busy)

    def _loop(self, timeout_seconds: float) -> None:
        wasyncore.loop(timeout=timeout_seconds, use_poll=True, map=self._map, count=1)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
