"""`manage.py worker`: runs tasks."""

import math
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from collections.abc import Mapping
from functools import partial
from typing import Any

import dramatiq
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.tasks import process, schedules
from apps.tasks.broker import LedgerBroker
from apps.tasks.celery import current
from apps.tasks.discovery import import_tasks
from apps.tasks.errors import FaultySchedulesError
from apps.tasks.keeper import Keeper
from apps.tasks.supervisor import Supervisor


class Command(BaseCommand):
    help = (
        "Run tasks until SIGTERM or Ctrl-C. A stop lets running tasks finish within the grace period and hands the"
        " rest to other workers; a killed process is replaced and its tasks are run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = ArgumentDefaultsHelpFormatter
        options = settings.TASKS
        parser.add_argument("--processes", "-p", type=int, default=options["WORKER_PROCESSES"], help="worker processes")
        parser.add_argument("--threads", "-t", type=int, default=_threads(options), help="tasks at a time in each")
        parser.add_argument(
            "--grace",
            type=float,
            default=options["SHUTDOWN_GRACE_SECONDS"],
            help="seconds that running tasks get to finish after a stop signal",
        )

    def handle(self, *_args: Any, processes: int, threads: int, grace: float, **_options: Any) -> None:
        import_tasks()
        # Also where the system checks are skipped: no worker would ever send them.
        if faults := schedules.faults():
            raise CommandError(str(FaultySchedulesError(faults)))
        broker = dramatiq.get_broker()
        assert isinstance(broker, LedgerBroker)  # noqa: S101 — settings name it
        raise SystemExit(
            Supervisor(
                processes=processes,
                most_solo=threads,
                grace_seconds=grace,
                keeper=Keeper(broker.bell),
                work=partial(process.work, threads=threads, grace_seconds=grace),
            ).run()
        )


def _threads(options: Mapping[str, Any]) -> int:
    """Celery's worker_concurrency, where it is set, counts the tasks of all processes together."""
    concurrency = current.app().conf.worker_concurrency
    return math.ceil(int(concurrency) / options["WORKER_PROCESSES"]) if concurrency else int(options["WORKER_THREADS"])
