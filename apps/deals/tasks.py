"""The background work of deals: importing a stored file, removing what was replaced, tidying up after crashes."""

from datetime import timedelta
from functools import partial

from django.db import transaction

from apps.common import orphans, storage
from apps.deals import lifecycle, selectors
from apps.deals.processors import importing, removal
from apps.tasks import schedules
from apps.tasks.celery import shared_task
from apps.tasks.endings import Ended

SOURCES = "deals"
INTERRUPTED_AGE = timedelta(minutes=1)
GIVEN_UP = "the import stopped after repeated errors; nothing of it was stored"
CANCELLED = "the import was cancelled; nothing of it was stored"


def give_up(ended: Ended) -> None:
    """The task will not be tried again, so its import does not stay `queued` or `importing`, nor its file.

    What went wrong is the operator's to read, in the invocation; the import's sentence is for people.
    """
    import_id = ended.args[0] if ended.args else ended.kwargs["import_id"]
    code, detail = ("cancelled", CANCELLED) if ended.status == "cancelled" else ("import_failed", GIVEN_UP)
    source = lifecycle.give_up(import_id, invocation_id=ended.id, code=code, detail=detail)
    transaction.on_commit(partial(storage.remove, [source]), robust=True)


@shared_task(name="deals.import_stored", autoretry_for=(Exception,), max_retries=3, retry_backoff=True, on_end=give_up)
def import_stored(import_id: int) -> None:
    """Import a stored file. A second run starts over: of the first one nothing is left."""
    import_ = lifecycle.begin(import_id)
    if import_ is None:
        return
    with storage.opened(import_.source) as stream:
        importing.import_deals(import_, stream)
    storage.remove([import_.source])
    send_removal()


@shared_task(name="deals.remove_replaced", autoretry_for=(Exception,), max_retries=3, retry_backoff=True)
def remove_replaced() -> None:
    """Remove the deals of replaced imports, all but those of the last one."""
    removal.remove_leaving()


def send_removal() -> None:
    """Have the deals removed that are to leave, where there are some."""
    if selectors.leaving_imports():
        remove_replaced.delay()


@schedules.every(seconds=300)
@shared_task(name="deals.tidy_up")
def tidy_up() -> None:
    """What a crash can leave undone: an import that nobody reads, deals that were to leave, bytes without a row."""
    lifecycle.fail_interrupted(INTERRUPTED_AGE)
    removal.remove_leaving()
    orphans.sweep(SOURCES, selectors.known_sources)
