"""The ender: one thread of a worker process that ends what has been given up, by this process or by anybody, and
looks for queues that nobody consumes yet.

The domain's `on_end` may wait for something. In here it holds up neither the writer, behind which other tasks' ends
would wait, nor the supervisor, whose leases would run out meanwhile.
"""

import logging
import threading
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection

from apps.tasks import endings, ledger

logger = logging.getLogger(__name__)


class Ender:
    """Parameters:
    consume: makes the process consume a queue; of one that it consumes already it makes nothing.
    """

    #: How often the ledger is asked for endings that another process has begun, or that are due again.
    LOOK_SECONDS = 2.0

    def __init__(self, consume: Callable[[str], None]) -> None:
        self._consume = consume
        self._wanted = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="ender", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There is something to end."""
        self._wanted.set()

    def close(self, timeout_seconds: float) -> None:
        """Let it end what it was woken for, as far as the time allows; what is left, others end."""
        self._closing = True
        self.wake()
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while not self._closing:
            self._wanted.wait(self.LOOK_SECONDS)
            self._wanted.clear()
            try:
                endings.finish_due()
                # A queue may be named by a call, in a process that knows nothing of workers.
                for queue in ledger.queues_in_use():
                    self._consume(queue)
            except (DatabaseError, InterfaceError) as error:
                logger.warning("endings wait", extra={"action": "ledger_away", "reason": str(error)})
                connection.close()
        connection.close()
