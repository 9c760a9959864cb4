"""`manage.py worker`: runs tasks."""

from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from functools import partial
from typing import Any

import dramatiq
from django.conf import settings
from django.core.management.base import BaseCommand

from apps.tasks import process
from apps.tasks.broker import LedgerBroker
from apps.tasks.discovery import import_tasks
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
        parser.add_argument(
            "--threads", "-t", type=int, default=options["WORKER_THREADS"], help="tasks at a time in each"
        )
        parser.add_argument(
            "--grace",
            type=float,
            default=options["SHUTDOWN_GRACE_SECONDS"],
            help="seconds that running tasks get to finish after a stop signal",
        )

    def handle(self, *_args: Any, processes: int, threads: int, grace: float, **_options: Any) -> None:
        import_tasks()
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
