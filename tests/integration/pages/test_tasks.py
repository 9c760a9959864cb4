"""What is tidied up: the counters of contents that are no more, and the sum that says how many pages there are."""

import pytest
from django.db import transaction

from apps.pages import selectors, services, tasks
from apps.pages.models import Counter, Page, PageDelta
from apps.tasks import drain
from tests.integration.pages.conftest import Rival

pytestmark = pytest.mark.django_db(transaction=True)


def test_counters_of_deleted_contents_are_removed_and_no_others(page: Page) -> None:
    kept, deleted, *_ = selectors.content_ids(page.pk)
    Counter.objects.bulk_create([Counter(content_id=kept, value=1), Counter(content_id=deleted, value=1)])
    services.delete_content(deleted)

    tasks.tidy_up()

    assert list(Counter.objects.values_list("content_id", flat=True)) == [kept]


def test_counters_are_left_to_a_drain_that_is_at_work(page: Page) -> None:
    Counter.objects.create(content_id=10**9, value=1)
    with transaction.atomic():
        assert drain.take_turn(tasks.VIEWS)
        assert Rival(tasks.tidy_up).end() is None

    assert Counter.objects.exists()


def test_the_number_of_pages_stays_when_it_is_added_up() -> None:
    for number in range(5):
        services.create_page(title=f"Page {number}")
    Page.objects.order_by("pk")[0].delete()

    tasks.tidy_up()

    assert (PageDelta.objects.count(), selectors.number_of_pages()) == (1, 4)
