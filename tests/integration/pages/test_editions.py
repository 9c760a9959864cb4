"""A page's edition changes with every change of the page or of what is on it, however it is made."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import isolate_apps

from apps.pages import selectors, services, triggers
from apps.pages.models import Audio, Content, Counter, Page, Text, Video

pytestmark = pytest.mark.django_db(transaction=True)


def save_an_attribute(page: Page) -> None:
    text = Text.objects.get()
    text.text = "Found in 1866."
    text.save(update_fields=["text"])


def write_by_hand(page: Page) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pages_video SET video_url = 'https://example.org/other.mp4'")


def first(page: Page) -> int:
    return selectors.content_ids(page.pk)[0]


CHANGES: dict[str, Callable[[Page], object]] = {
    "its title": lambda page: Page.objects.filter(pk=page.pk).update(title="Rubies"),
    "a content's title": lambda _page: Content.objects.filter(title="Talk").update(title="Interview"),
    "an attribute of a kind, by update": lambda _page: Audio.objects.update(bitrate=64_000),
    "an attribute of a kind, by save": save_an_attribute,
    "an attribute of a kind, by SQL": write_by_hand,
    "the order": lambda page: services.reorder(page.pk, selectors.content_ids(page.pk)[::-1]),
    "an addition": lambda page: services.create_content(Text, page.pk, title="New", text="…"),
    "a deletion": lambda page: services.delete_content(first(page)),
    "a deletion by a queryset": lambda _page: Video.objects.all().delete(),
    "a move away": lambda page: services.move_content(first(page), services.create_page(title="Opals").pk),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_changes_with(page: Page, change: Callable[[Page], object]) -> None:
    before = selectors.edition(page.pk)

    change(page)

    assert selectors.edition(page.pk) != before


def test_it_does_not_change_with_what_changes_nothing(page: Page) -> None:
    before = selectors.edition(page.pk)

    Audio.objects.update(bitrate=128_000)
    Page.objects.filter(pk=page.pk).update(title="Sapphires")
    Counter.objects.create(content_id=first(page), value=1)

    assert selectors.edition(page.pk) == before


def test_a_state_that_comes_back_is_another_edition(page: Page) -> None:
    before = selectors.edition(page.pk)

    Audio.objects.update(bitrate=64_000)
    Audio.objects.update(bitrate=128_000)

    assert selectors.edition(page.pk) != before


@isolate_apps("apps.pages")
def test_a_kind_without_a_table_of_its_own_gets_no_trigger(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    class Divider(Content):
        class Meta:
            app_label = "pages"
            proxy = True

    models = [*apps.get_models(), Divider]
    monkeypatch.setattr(triggers.apps, "get_models", lambda: models)
    triggers.install("default")

    assert Content.objects.filter(title="Talk").update(title="Interview") == 1
