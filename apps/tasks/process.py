"""The body of a worker process: Dramatiq's worker until told to stop, or until its parent is gone."""

import os
import select
import signal
import threading
from dataclasses import replace

import dramatiq
from django.db import DatabaseError, InterfaceError, connection
from dramatiq import Worker
from dramatiq.worker import WORKER_TIMEOUT

from apps.tasks import leases
from apps.tasks.broker import LedgerBroker
from apps.tasks.station import LAST_END_SECONDS, LAST_WRITE_SECONDS
from apps.tasks.supervisor import SOLO_DONE, STOP_SIGNALS, Orders

#: Of the grace, what comes after the tasks: see `Station.close` and THREADS_TIMEOUT_MS, which is used up twice.
LAST_STEPS_SECONDS = LAST_WRITE_SECONDS + LAST_END_SECONDS + 0.7
#: How long Dramatiq waits for its threads, most of which are idle.
THREADS_TIMEOUT_MS = 200
#: A solo worker looks so often whether suspects are left.
SOLO_SECONDS = 0.2
#: How soon its threads notice a stop: the next suspects wait for it to be gone.
SOLO_TIMEOUT_MS = 50


def work(orders: Orders, *, threads: int, grace_seconds: float) -> int:
    """Run tasks until told to stop; returns the exit code of a process that left in order.

    Running tasks get the grace, less the time to write the last ends.
    """
    stop_read = _stop_pipe()
    threading.Thread(target=leave_with, args=[orders.parent_gone], name="parent-watch", daemon=True).start()
    broker = dramatiq.get_broker()
    assert isinstance(broker, LedgerBroker)  # noqa: S101 — settings name it
    broker.identity = replace(orders.identity, finish_seconds=max(0.5, grace_seconds - LAST_STEPS_SECONDS))
    broker.emit_after("process_boot")  # Dramatiq's command does this; the time limits start here
    solo = orders.identity.solo
    worker = Worker(
        broker, worker_threads=1 if solo else threads, worker_timeout=SOLO_TIMEOUT_MS if solo else WORKER_TIMEOUT
    )
    worker.start()
    code = 0
    while not _told_to_stop(stop_read, SOLO_SECONDS if solo else None):
        if solo and _no_suspects() and _retired(broker):
            code = SOLO_DONE
            break
    # The parent kills at the end of the grace; the kernel does it if the parent hangs as well, in the database, say.
    signal.setitimer(signal.ITIMER_REAL, grace_seconds)
    worker.stop(timeout=THREADS_TIMEOUT_MS)  # the tasks have been waited for when this begins: see `Lifecycle`
    broker.close()
    return code


def leave_with(keeper: int, leaving: threading.Event | None = None) -> None:
    """End this process when the other end of the pipe is closed: then nobody renews the lease any more, and what
    runs here is about to be given to somebody else. To be run in a thread, for a stop takes long. A process that is
    `leaving` runs nothing any more, and keeps its own exit code."""
    os.read(keeper, 1)
    if leaving is None or not leaving.is_set():
        os._exit(1)


def _no_suspects() -> bool:
    """Whether none is queued; unknown while the ledger is away, when to leave would look like a death."""
    try:
        return not leases.count_suspects()
    except (DatabaseError, InterfaceError):
        connection.close()
        return False


def _retired(broker: LedgerBroker) -> bool:
    """A suspect that is running stays: only a stop may cut it short."""
    return broker.station is not None and broker.station.retire()


def _told_to_stop(stop_read: int, patience_seconds: float | None) -> bool:
    ready, _, _ = select.select([stop_read], [], [], patience_seconds)
    return bool(ready)


def _stop_pipe() -> int:
    """A descriptor that becomes readable at the first stop signal; the others change nothing."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    for number in STOP_SIGNALS:
        signal.signal(number, lambda _number, _frame: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    return read_end
