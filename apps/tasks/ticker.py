"""The ticker: one thread of a worker process that sends what schedules say.

Sending runs the task's own code for it, where the task has some, and may wait. In here that holds up neither the
supervisor, whose leases would run out meanwhile, nor other tasks' ends.
"""

import logging
import threading
import time

from django.db import DatabaseError, InterfaceError, connection

from apps.tasks import schedules, timetable

logger = logging.getLogger(__name__)


class Ticker:
    """Sleeps until the next tick; looks more often, as schedules are switched on and run by people, too.

    Parameters:
      stopping: ends the thread. What is being sent then is one transaction: it happens or it does not.
    """

    LOOK_SECONDS = 1.0
    #: Of rounds that follow each other, should something be due without end.
    LEAST_SECONDS = 0.01
    #: When the declarations could not be written.
    RETRY_SECONDS = 5.0

    def __init__(self, stopping: threading.Event) -> None:
        self._stopping = stopping
        self._published = False
        self._publish_at = 0.0
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout_seconds: float) -> None:
        """Wait for the thread, which has been told to stop."""
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            try:
                pause = self._round()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("schedules wait", extra={"action": "ledger_away", "reason": str(error)})
                connection.close()
                pause = self.LOOK_SECONDS
        connection.close()

    def _round(self) -> float:
        """Returns the seconds until the next one."""
        declared = schedules.declared()
        if not declared:
            return self.LOOK_SECONDS
        if time.monotonic() >= self._publish_at:
            self._publish_at = time.monotonic() + self.RETRY_SECONDS
            timetable.publish(declared, starting=not self._published)
            self._published = True
            self._publish_at = time.monotonic() + timetable.RENEW_SECONDS
        upcoming = timetable.serve(declared)
        return self.LOOK_SECONDS if upcoming is None else max(self.LEAST_SECONDS, min(self.LOOK_SECONDS, upcoming))
