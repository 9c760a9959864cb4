"""What changes a page, and who waits for whom."""

import pytest
from django.db import IntegrityError, transaction

from apps.pages import selectors, services
from apps.pages.errors import NoSuchContentError, NoSuchPageError, OtherContentsError, OtherEditionError
from apps.pages.models import Audio, Content, Counter, Page, Text
from tests.integration.pages.conftest import Rival, wait_for_a_waiter

pytestmark = pytest.mark.django_db(transaction=True)


def titles(page: Page) -> list[str]:
    """In order; the orders have to be 0, 1, 2, …"""
    contents = list(Content.objects.filter(page=page).order_by("order"))
    assert [content.order for content in contents] == list(range(len(contents)))
    return [content.title for content in contents]


def id_of(title: str) -> int:
    return int(Content.objects.get(title=title).pk)


def test_contents_stand_in_the_order_of_their_making(page: Page) -> None:
    assert titles(page) == ["Cutting", "History", "Talk"]


def test_a_new_order_is_kept(page: Page) -> None:
    services.reorder(page.pk, [id_of("Talk"), id_of("Cutting"), id_of("History")])

    assert titles(page) == ["Talk", "Cutting", "History"]


def test_an_order_that_is_not_of_the_pages_contents_is_refused(page: Page) -> None:
    with pytest.raises(OtherContentsError):
        services.reorder(page.pk, [id_of("Talk"), id_of("Cutting")])
    with pytest.raises(OtherContentsError):
        services.reorder(page.pk, [id_of("Talk"), id_of("Talk"), id_of("Cutting")])

    assert titles(page) == ["Cutting", "History", "Talk"]


def test_a_deletion_leaves_no_gap(page: Page) -> None:
    services.delete_content(id_of("Cutting"))

    assert titles(page) == ["History", "Talk"]


def test_a_deletion_by_the_models_own_method_leaves_the_others_orders_alone(page: Page) -> None:
    Content.objects.get(title="Cutting").delete()

    assert list(Content.objects.filter(page=page).values_list("order", flat=True)) == [1, 2]


def test_a_copy_has_all_attributes_and_a_counter_of_its_own(page: Page) -> None:
    Counter.objects.create(content_id=id_of("Talk"), value=7)

    copy = services.copy_content(id_of("Talk"), page.pk)

    again = Content.objects.get(pk=copy.pk)
    assert (type(again), again.title, again.bitrate, again.counter) == (Audio, "Talk", 128_000, 0)
    assert titles(page) == ["Cutting", "History", "Talk", "Talk"]


def test_a_moved_content_takes_its_counter_along(page: Page) -> None:
    other = services.create_page(title="Rubies")
    services.create_content(Text, other.pk, title="Colour", text="Red.")
    moved = id_of("Cutting")
    Counter.objects.create(content_id=moved, value=7)

    services.move_content(moved, other.pk)

    assert (titles(page), titles(other)) == (["History", "Talk"], ["Colour", "Cutting"])
    assert Content.objects.get(pk=moved).counter == 7


def test_a_content_moved_to_its_own_page_stays(page: Page) -> None:
    services.move_content(id_of("Cutting"), page.pk)

    assert titles(page) == ["Cutting", "History", "Talk"]


def test_a_page_is_deleted_with_its_contents(page: Page) -> None:
    services.delete_page(page.pk)

    assert not Content.objects.exists()


@pytest.mark.parametrize("unknown", [0, -1, 10**6, 2**63, 10**30])
def test_an_unknown_id_is_an_error_of_ours(page: Page, unknown: int) -> None:
    with pytest.raises(NoSuchPageError):
        services.delete_page(unknown)
    with pytest.raises(NoSuchPageError):
        selectors.edition(unknown)
    with pytest.raises(NoSuchContentError):
        services.delete_content(unknown)


def test_two_contents_cannot_have_one_place(page: Page) -> None:
    with pytest.raises(IntegrityError):
        Content.objects.filter(title="Talk").update(order=0)


def test_within_a_transaction_orders_may_be_written_one_by_one(page: Page) -> None:
    with transaction.atomic():
        Content.objects.filter(title="Talk").update(order=0)
        Content.objects.filter(title="Cutting").update(order=2)

    assert titles(page) == ["Talk", "History", "Cutting"]


def test_a_save_of_a_stale_content_leaves_the_counter_alone(page: Page) -> None:
    stale = Content.objects.with_counters().get(title="Talk")
    Counter.objects.create(content_id=stale.pk, value=7)
    stale.title = "Interview"

    stale.save()

    assert Content.objects.with_counters().get(pk=stale.pk).counter == 7


def test_two_who_add_at_the_same_time_both_find_a_place(page: Page) -> None:
    with services.changing(page.pk):
        rival = Rival(lambda: services.create_content(Text, page.pk, title="Late", text="…"))
        wait_for_a_waiter()
        services.create_content(Text, page.pk, title="Early", text="…")

    assert rival.end() is None
    assert titles(page) == ["Cutting", "History", "Talk", "Early", "Late"]


def test_two_who_move_in_opposite_directions_do_not_wait_in_a_circle(page: Page) -> None:
    other = services.create_page(title="Rubies")
    services.create_content(Text, other.pk, title="Colour", text="Red.")
    there, back = id_of("Cutting"), id_of("Colour")

    rivals = [
        Rival(lambda: [services.move_content(there, id_) for id_ in [other.pk, page.pk] * 10]),
        Rival(lambda: [services.move_content(back, id_) for id_ in [page.pk, other.pk] * 10]),
    ]

    assert [rival.end() for rival in rivals] == [None, None]
    assert (sorted(titles(page)), titles(other)) == (["Cutting", "History", "Talk"], ["Colour"])


def test_who_reorders_what_somebody_else_has_changed_is_told(page: Page) -> None:
    seen = selectors.content_ids(page.pk)
    with services.changing(page.pk):
        rival = Rival(lambda: services.reorder(page.pk, seen[::-1]))
        wait_for_a_waiter()
        services.create_content(Text, page.pk, title="New", text="…")

    assert isinstance(rival.end(), OtherContentsError)
    assert titles(page) == ["Cutting", "History", "Talk", "New"]


def test_who_changes_another_edition_than_he_saw_is_told(page: Page) -> None:
    seen = selectors.edition(page.pk)
    Content.objects.filter(title="Talk").update(title="Interview")

    with pytest.raises(OtherEditionError), services.changing(page.pk, edition=seen):
        pytest.fail("nobody gets in here")


def test_who_moves_what_has_just_been_moved_is_told(page: Page) -> None:
    other, third = services.create_page(title="Rubies"), services.create_page(title="Opals")
    moved = id_of("Talk")
    with services.changing(page.pk, other.pk):
        rival = Rival(lambda: services.move_content(moved, third.pk))
        wait_for_a_waiter()
        services.move_content(moved, other.pk)

    assert isinstance(rival.end(), OtherEditionError)
    assert titles(other) == ["Talk"]


def test_a_content_that_is_moved_while_it_is_deleted_leaves_no_gap_where_it_was_moved(page: Page) -> None:
    other, moved = services.create_page(title="Rubies"), id_of("Talk")
    with services.changing(page.pk, other.pk):
        rival = Rival(lambda: services.delete_content(moved))
        wait_for_a_waiter()
        services.move_content(moved, other.pk)
        services.create_content(Text, other.pk, title="After it", text="…")

    assert rival.end() is None
    assert titles(page) == ["Cutting", "History"]
    assert list(Content.objects.filter(page=other).values_list("title", "order")) == [("After it", 0)]


def test_who_moves_what_has_just_been_deleted_is_told(page: Page) -> None:
    other, deleted = services.create_page(title="Rubies"), id_of("Talk")
    with services.changing(page.pk, other.pk):
        rival = Rival(lambda: services.move_content(deleted, other.pk))
        wait_for_a_waiter()
        services.delete_content(deleted)

    assert isinstance(rival.end(), NoSuchContentError)
