"""The task layer's own tasks."""

from django.conf import settings

from apps.tasks import ledger, schedules
from apps.tasks.celery import shared_task

PRUNE_BATCH = 5_000


@schedules.every(seconds=3600)
@shared_task(name="tasks.prune_invocations")
def prune_invocations() -> int:
    """Delete what ended longer ago than the log is kept; returns how many."""
    pruned = 0
    while batch := ledger.prune(days=settings.TASKS["LOG_DAYS"], limit=PRUNE_BATCH):
        pruned += batch
    return pruned
