"""The tally of views, and what is tidied up."""

from django.db import transaction

from apps.pages import processors
from apps.tasks import drain, schedules
from apps.tasks.celery import shared_task
from apps.tasks.tally import Tally

#: A view counts one for each content of the page. A worker applies it within half a second.
VIEWS = Tally("pages.views", processors.add_views)


@schedules.every(seconds=3600)
@shared_task(name="pages.tidy_up")
def tidy_up() -> None:
    """Counters of deleted contents, and a long sum."""
    with transaction.atomic():
        if drain.take_turn(VIEWS):
            processors.remove_left_counters()
    processors.add_up_pages()
