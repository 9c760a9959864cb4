"""The companion of a worker process that Dramatiq's own command started: a keeper for that one process.

`manage.py rundramatiq` knows nothing of leases, so each of its worker processes forks a companion before it starts
threads. Two pipes tie them: a farewell through the first is a clean stop and its end without one is death; the end of
the second tells the worker that nobody renews its lease any more.
"""

import os
import signal
import threading
from functools import partial

from django.conf import settings

from apps.tasks import process
from apps.tasks.bell import Bell
from apps.tasks.discovery import import_tasks
from apps.tasks.identity import Identity
from apps.tasks.keeper import Keeper
from apps.tasks.supervisor import Orders, Supervisor, Ward

FAREWELL = b"."
#: One handler of Dramatiq's has both of them.
DEADLY_TWICE = (signal.SIGTERM, signal.SIGHUP)


def start(bell: Bell) -> Identity:
    """Open a lease for this process and fork the companion that keeps it; to be called before threads are started."""
    keeper = Keeper(bell)
    farewell_read, farewell_write = os.pipe()
    companion_read, companion_write = os.pipe()
    leaving = threading.Event()
    identity = Identity(farewell=partial(_say_farewell, farewell_write, leaving))
    keeper.enrol(identity)
    keeper.hang_up()
    worker_pid = os.getpid()
    if os.fork() == 0:
        os.close(farewell_write)
        os.close(companion_read)
        os._exit(_keep(keeper, Ward(identity, worker_pid, farewell_read)))
    os.close(farewell_read)
    os.close(companion_write)
    watch = partial(process.leave_with, companion_read, leaving)
    threading.Thread(target=watch, name="companion-watch", daemon=True).start()
    _stop_at_first_signal()
    return identity


def _keep(keeper: Keeper, ward: Ward) -> int:
    options = settings.TASKS
    return Supervisor(
        processes=0,
        most_solo=options["WORKER_THREADS"],
        grace_seconds=options["SHUTDOWN_GRACE_SECONDS"],
        keeper=keeper,
        work=_work_alone,
        ward=ward,
    ).run()


def _work_alone(orders: Orders) -> int:
    """The body of a solo process. Dramatiq's command imports the tasks after it has booted the process, so the
    companion, which was forked there, does not know them."""
    import_tasks()
    return process.work(orders, threads=1, grace_seconds=settings.TASKS["SHUTDOWN_GRACE_SECONDS"])


def _say_farewell(pipe: int, leaving: threading.Event) -> None:
    leaving.set()
    os.write(pipe, FAREWELL)


def _stop_at_first_signal() -> None:
    """Dramatiq's worker process kills itself at its second SIGTERM or SIGHUP, and platforms send several."""
    handle = signal.getsignal(signal.SIGTERM)
    if not callable(handle):
        return

    def once(number: int, frame: object) -> None:
        for each in DEADLY_TWICE:
            signal.signal(each, signal.SIG_IGN)
        handle(number, frame)  # type: ignore[arg-type]

    for each in DEADLY_TWICE:
        signal.signal(each, once)
