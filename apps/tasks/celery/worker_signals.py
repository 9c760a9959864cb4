"""Sends Celery's signals of a worker's life. Each worker process is both of what Celery tells apart: the worker and its
child process."""

from dramatiq import Broker, Middleware, Worker

from apps.tasks.celery import signals


class WorkerSignals(Middleware):
    def after_process_boot(self, broker: Broker) -> None:  # noqa: ARG002
        signals.worker_process_init.send(None)

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002
        signals.worker_ready.send(worker)

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002
        signals.worker_shutting_down.send(worker, sig="SIGTERM", how="Warm", exitcode=0)

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002
        signals.worker_shutdown.send(worker)
