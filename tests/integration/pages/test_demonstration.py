"""The demonstration pages: there where they are asked for, gone when the migration is undone."""

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from apps.pages import selectors, services
from apps.pages.models import Content, Page

pytestmark = pytest.mark.django_db(transaction=True)

demonstration = import_module("apps.pages.migrations.0004_demonstration")


def migrate(*target: str) -> None:
    """To one migration, or to the last."""
    call_command("migrate", "pages", *target, verbosity=0)


@pytest.fixture
def load(settings: Any) -> Iterator[Callable[[bool], None]]:
    """Undo the migration and do it again, with or without demonstration."""

    def again(wanted: bool) -> None:
        settings.DEMO_DATA = wanted
        migrate("0003")
        migrate("0004")

    yield again
    again(False)
    migrate()  # what comes after the demonstration, too: the other tests find the tables as they were


def test_all_of_them_are_there_in_order_and_as_what_they_are(load: Callable[[bool], None]) -> None:
    load(True)

    described = json.loads(demonstration.DATA.read_text(encoding="utf-8"))
    assert [page.title for page in Page.objects.order_by("pk")] == [page["title"] for page in described]
    for page, wanted in zip(Page.objects.order_by("pk"), described, strict=True):
        contents = selectors.contents(page.pk)
        assert [(type(one).__name__.lower(), one.title) for one in contents] == [
            (one["type"], one["title"]) for one in wanted["content"]
        ]
        assert [one.order for one in contents] == list(range(len(contents)))


def test_without_being_asked_for_there_are_none(load: Callable[[bool], None]) -> None:
    load(False)

    assert not Page.objects.exists()


def test_where_there_are_pages_already_none_are_added(load: Callable[[bool], None]) -> None:
    own = services.create_page(title="Sapphires")

    load(True)

    assert list(Page.objects.values_list("pk", flat=True)) == [own.pk]


def test_going_back_removes_them_and_nothing_else(load: Callable[[bool], None]) -> None:
    load(True)
    own = services.create_page(title="Sapphires")

    migrate("0003")

    assert list(Page.objects.values_list("pk", flat=True)) == [own.pk]
    assert not Content.objects.exists()
    assert "pages_demonstration" not in connection.introspection.table_names()
