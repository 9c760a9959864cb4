"""The body of a worker process: Dramatiq's worker until told to stop, or until its parent is gone."""

import os
import select
import signal

import dramatiq
from django.db import DatabaseError, InterfaceError, connection
from dramatiq import Worker
from dramatiq.worker import WORKER_TIMEOUT

from apps.tasks import ledger
from apps.tasks.broker import LedgerBroker
from apps.tasks.station import LAST_WRITE_SECONDS
from apps.tasks.supervisor import SOLO_DONE, STOP_SIGNALS, Orders

#: A solo worker looks so often whether suspects are left.
SOLO_SECONDS = 0.2
#: How soon its threads notice a stop: the next suspects wait for it to be gone.
SOLO_TIMEOUT_MS = 50


def work(orders: Orders, *, threads: int, grace_seconds: float) -> int:
    """Run tasks until told to stop; returns the exit code of a process that left in order.

    Running tasks get the grace, less the time to write the last ends.
    """
    stop_read = _stop_pipe()
    broker = dramatiq.get_broker()
    assert isinstance(broker, LedgerBroker)  # noqa: S101 — settings name it
    broker.identity = orders.identity
    broker.emit_after("process_boot")  # Dramatiq's command does this; the time limits start here
    solo = orders.identity.solo
    worker = Worker(
        broker, worker_threads=1 if solo else threads, worker_timeout=SOLO_TIMEOUT_MS if solo else WORKER_TIMEOUT
    )
    worker.start()
    code = 0
    while not _told_to_stop(stop_read, orders):
        if solo and _no_suspects() and _retired(broker):
            code = SOLO_DONE
            break
    worker.stop(timeout=int(1000 * max(0.5, grace_seconds - LAST_WRITE_SECONDS - 0.5)))
    broker.close()
    return code


def _no_suspects() -> bool:
    """Whether none is queued; unknown while the ledger is away, when to leave would look like a death."""
    try:
        return not ledger.count_suspects()
    except (DatabaseError, InterfaceError):
        connection.close()
        return False


def _retired(broker: LedgerBroker) -> bool:
    """A suspect that is running stays: only a stop may cut it short."""
    return broker.station is not None and broker.station.retire()


def _told_to_stop(stop_read: int, orders: Orders) -> bool:
    patience = SOLO_SECONDS if orders.identity.solo else None
    ready, _, _ = select.select([stop_read, orders.parent_gone], [], [], patience)
    if orders.parent_gone in ready:
        # Nobody renews the lease any more: what runs here is about to be given to somebody else.
        os._exit(1)
    return stop_read in ready


def _stop_pipe() -> int:
    """A descriptor that becomes readable at the first stop signal; the others change nothing."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    for number in STOP_SIGNALS:
        signal.signal(number, lambda _number, _frame: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    return read_end
