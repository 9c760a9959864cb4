"""The ender: one thread of a worker process that ends what has been given up, by this process or by anybody.

The domain's `on_end` may wait for something. In here it holds up neither the writer, behind which other tasks' ends
would wait, nor the supervisor, whose leases would run out meanwhile.
"""

import logging
import threading

from django.db import DatabaseError, InterfaceError, connection

from apps.tasks import endings

logger = logging.getLogger(__name__)


class Ender:
    #: How often the ledger is asked for endings that another process has begun, or that are due again.
    LOOK_SECONDS = 2.0

    def __init__(self) -> None:
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
            except (DatabaseError, InterfaceError) as error:
                logger.warning("endings wait", extra={"action": "ledger_away", "reason": str(error)})
                connection.close()
        connection.close()
