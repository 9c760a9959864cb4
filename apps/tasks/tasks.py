"""The task layer's own tasks."""

from django.conf import settings

from apps.tasks import drain, ledger, measures, schedules, tally, watcher
from apps.tasks.celery import shared_task

PRUNE_BATCH = 5_000


@schedules.every(seconds=3600)
@shared_task(name="tasks.prune_invocations")
def prune_invocations() -> int:
    """Delete what ended longer ago than the log is kept, and the figures of tasks that are no more; returns how many
    invocations."""
    pruned = 0
    while batch := ledger.prune(days=settings.TASKS["LOG_DAYS"], limit=PRUNE_BATCH):
        pruned += batch
    measures.forget_old(days=settings.TASKS["LOG_DAYS"])
    return pruned


@shared_task(name=watcher.DRAIN_TASK, priority=-1, autoretry_for=(Exception,), max_retries=3, retry_backoff=True)
def drain_tally(name: str) -> int:
    """Apply what was counted; returns how many events. Sent by the watcher whenever something is there."""
    return drain.drain(tally.tallies()[name])


@schedules.every(seconds=3600)
@shared_task(name="tasks.forget_counted")
def forget_counted() -> None:
    """What tallies remember of events that were applied long ago."""
    for one in tally.tallies().values():
        drain.forget(one)
