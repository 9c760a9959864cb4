"""The Lifecycle: makes a process a worker when Dramatiq boots it, and lets it leave without a trace."""

import time

from dramatiq import Broker, Middleware, Worker

from apps.tasks import companion
from apps.tasks.broker import LedgerBroker
from apps.tasks.station import Station


class Lifecycle(Middleware):
    """`manage.py worker` registers its processes' leases itself and leaves the identity on the broker; a process
    that Dramatiq's own command started gets a companion that does (see `companion`)."""

    def after_process_boot(self, broker: Broker) -> None:
        assert isinstance(broker, LedgerBroker)  # noqa: S101 — this middleware belongs to it
        if broker.identity is None:
            broker.identity = companion.start(broker.bell)

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        assert isinstance(broker, LedgerBroker)  # noqa: S101
        if broker.identity is None:
            raise RuntimeError("Start workers with `manage.py worker` or `manage.py rundramatiq`.")
        broker.station = Station(
            broker.identity.worker,
            bell=broker.bell,
            threads=worker.worker_threads,
            solo=broker.identity.solo,
            consume=broker.declare_queue,
        )
        broker.station.open(worker.work_queue)

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Claim nothing more, return at once what has not started, and let finish what has."""
        assert isinstance(broker, LedgerBroker)  # noqa: S101
        if broker.station:
            broker.station.stopping.set()
            broker.station.hand_back_waiting()
        if broker.identity and broker.identity.finish_seconds is not None:
            _let_finish(worker, broker.identity.finish_seconds)

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002
        assert isinstance(broker, LedgerBroker)  # noqa: S101
        if broker.station:
            broker.station.close()
        if broker.identity:
            broker.identity.farewell()


def _let_finish(worker: Worker, seconds: float) -> None:
    """Dramatiq's own wait, which comes after this, subtracts the time since its beginning once for each thread: with
    some tasks that take 4 s and one that takes 6 s, a timeout of 9 s is used up after 4 s."""
    for thread in worker.workers:
        thread.stop()
    deadline = time.monotonic() + seconds
    for thread in worker.workers:
        thread.join(max(0.0, deadline - time.monotonic()))
