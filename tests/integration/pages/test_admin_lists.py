"""The lists of pages and of all content."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.pages import services
from apps.pages.models import Content, Counter, Page, Text
from tests.integration.pages.conftest import wait_for_a_waiter
from tests.integration.pages.sheet import address
from tests.integration.pages.test_admin_editor import PAGE_PERMISSIONS, Rival, client_of, titles

pytestmark = pytest.mark.django_db
PAGES = "/admin/pages/page/"
CONTENTS = "/admin/pages/content/"


def listed(client: Client, path: str, **query: str) -> list[str]:
    answer: Any = client.get(path, query)
    assert answer.status_code == 200
    return [found.title for found in answer.context["cl"].result_list]


@pytest.mark.parametrize("path", [PAGES, CONTENTS])
@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("beta alpha", ["Beta Alpha"]),
        ("BETA", ["Beta Alpha", "beta"]),
        ("alpha", []),
        ("100%", ["100% pure"]),
        ("100_", []),
        ("", ["100% pure", "Beta Alpha", "beta"]),
        ("ÄPFEL", []),
        ("x" * 5000, []),
        ("a\0b", ["100% pure", "Beta Alpha", "beta"]),
    ],
)
def test_a_search_is_for_how_a_title_begins_as_one_phrase(
    admin_client: Client, path: str, term: str, found: list[str]
) -> None:
    for title in ("Beta Alpha", "beta", "100% pure"):
        page = services.create_page(title=title)
        services.create_content(Text, page.pk, title=title, text="…")

    assert sorted(listed(admin_client, path, q=term)) == found


@pytest.mark.parametrize(("path", "index"), [(PAGES, "page_title_prefix"), (CONTENTS, "content_title_prefix")])
def test_a_search_among_many_uses_the_index(admin_client: Client, path: str, index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO pages_page (title) SELECT md5(n::text) FROM generate_series(1, 20000) n")
        cursor.execute(
            'INSERT INTO pages_content (page_id, title, "order") SELECT id, md5(id::text), 0 FROM pages_page'
        )
        cursor.execute("ANALYZE pages_page, pages_content")

    with CaptureQueriesContext(connection) as captured:
        listed(admin_client, path, q="abcd")

    [statement] = [one["sql"] for one in captured if " LIKE " in one["sql"] and "COUNT(*)" not in one["sql"][:20]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert index in plan, plan


@pytest.mark.parametrize("path", [PAGES, CONTENTS])
def test_the_number_of_queries_does_not_grow_with_the_list(admin_client: Client, page: Page, path: str) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            listed(admin_client, path)
        return len(captured)

    queries()
    few = queries()
    for number in range(20):
        other = services.create_page(title=f"{number}")
        services.copy_content(Content.objects.filter(page=page)[number % 3].pk, other.pk)

    assert queries() == few


def test_the_list_of_content_shows_kind_page_place_and_views(admin_client: Client, page: Page) -> None:
    talk = Content.objects.get(title="Talk")
    Counter.objects.create(content_id=talk.pk, value=12)

    shown = admin_client.get(CONTENTS, {"kind": "audio"}).content.decode()

    assert listed(admin_client, CONTENTS, kind="audio") == ["Talk"]
    for cell in (
        'field-kind">audio<',
        f'<a href="{address(page)}">Sapphires</a>',
        'field-place">3<',
        'field-views">12<',
    ):
        assert cell in shown


def test_a_content_leads_to_its_place_in_the_editor(admin_client: Client, page: Page) -> None:
    talk = Content.objects.get(title="Talk")

    answer = admin_client.get(f"{CONTENTS}{talk.pk}/change/")

    assert answer["Location"] == f"{address(page)}#content-{talk.pk}"
    assert f'data-anchor="#content-{talk.pk}"' in admin_client.get(address(page)).content.decode()


@pytest.mark.parametrize("content_id", ["0", "abc", "9" * 40])
def test_a_content_that_is_not_there_leads_to_the_list(admin_client: Client, content_id: str) -> None:
    assert admin_client.get(f"{CONTENTS}{content_id}/change/")["Location"] == CONTENTS


def test_the_lists_are_for_those_who_may_see_them(page: Page) -> None:
    stranger = client_of("eve")
    talk = Content.objects.get(title="Talk")

    for path in (PAGES, CONTENTS, address(page), f"{CONTENTS}{talk.pk}/change/"):
        assert stranger.get(path).status_code == 403


def test_content_deleted_in_the_list_leaves_no_gap(admin_client: Client, page: Page) -> None:
    chosen = [Content.objects.get(title=title).pk for title in ("Cutting", "History")]

    admin_client.post(CONTENTS, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})

    assert titles(page) == ["Talk"]


def test_pages_deleted_in_the_list_are_gone_with_their_content(admin_client: Client, page: Page) -> None:
    admin_client.post(PAGES, {"action": "delete_selected", "_selected_action": [page.pk], "post": "yes"})

    assert not Page.objects.exists()
    assert not Content.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_page_that_somebody_else_deletes_at_the_same_moment_is_no_error(page: Page) -> None:
    client = client_of("ana", *PAGE_PERMISSIONS, "delete_page", "delete_content")
    form = {"action": "delete_selected", "_selected_action": [page.pk], "post": "yes"}
    answers: list[int] = []
    with services.changing(page.pk):
        rival = Rival(lambda: answers.append(client.post(PAGES, form).status_code))
        wait_for_a_waiter()
        services.delete_page(page.pk)

    assert (rival.end(), answers) == (None, [302])


def transfer(client: Client, action: str, to: Page, *names: str, **more: str) -> Any:
    chosen = [content.pk for content in Content.objects.filter(title__in=names)]
    return client.post(
        CONTENTS,
        {"action": action, "_selected_action": chosen, "page": str(to.pk), "transfer": "1", **more},
        follow=True,
    )


def test_an_action_asks_for_the_page_first_and_changes_nothing_yet(admin_client: Client, page: Page) -> None:
    chosen = [Content.objects.get(title="Talk").pk]

    shown = admin_client.post(CONTENTS, {"action": "move_to_page", "_selected_action": chosen}).content.decode()

    assert "Move to which page?" in shown
    assert "Talk, on Sapphires" in shown
    assert titles(page) == ["Cutting", "History", "Talk"]


def test_copies_go_to_the_end_in_their_order_and_start_without_views(admin_client: Client, page: Page) -> None:
    other = services.create_page(title="Rubies")
    services.create_content(Text, other.pk, title="First", text="…")
    for content in Content.objects.all():
        Counter.objects.update_or_create(content_id=content.pk, defaults={"value": 9})

    answer = transfer(admin_client, "copy_to_page", other, "Talk", "Cutting")

    assert "Copied 2 to “Rubies”." in answer.content.decode()
    assert titles(other) == ["First", "Cutting", "Talk"]
    assert titles(page) == ["Cutting", "History", "Talk"]
    assert [one.counter for one in Content.objects.with_counters().filter(page=other)] == [9, 0, 0]
    assert LogEntry.objects.filter(object_id=str(page.pk)).count() == 0


def test_what_is_moved_keeps_its_views_and_leaves_no_gap(admin_client: Client, page: Page) -> None:
    other = services.create_page(title="Rubies")
    history = Content.objects.get(title="History")
    Counter.objects.create(content_id=history.pk, value=9)

    answer = transfer(admin_client, "move_to_page", other, "History")

    assert "Moved 1 to “Rubies”." in answer.content.decode()
    assert (titles(page), titles(other)) == (["Cutting", "Talk"], ["History"])
    assert Content.objects.get(title="History").counter == 9
    assert set(LogEntry.objects.values_list("object_id", flat=True)) == {str(page.pk), str(other.pk)}


@pytest.mark.parametrize("sent", ["", "0", "abc", "9" * 40])
def test_a_page_that_is_not_there_is_asked_for_again(admin_client: Client, page: Page, sent: str) -> None:
    answer = transfer(admin_client, "move_to_page", page, "Talk", page=sent)

    assert "Move to which page?" in answer.content.decode()
    assert titles(page) == ["Cutting", "History", "Talk"]


@pytest.mark.parametrize("action", ["copy_to_page", "move_to_page"])
@pytest.mark.parametrize("missing", ["change_page", "change_content", "add_content"])
def test_to_copy_takes_adding_and_both_take_changing(page: Page, action: str, missing: str) -> None:
    other = services.create_page(title="Rubies")
    given = {*PAGE_PERMISSIONS, "view_content", "change_content", "add_content"} - {missing}

    transfer(client_of("eve", *given), action, other, "Talk")

    may = action == "move_to_page" and missing == "add_content"
    assert titles(other) == (["Talk"] if may else [])


@pytest.mark.django_db(transaction=True)
def test_of_two_moves_at_once_one_is_done_and_the_other_told_why_not(page: Page) -> None:
    one, two = (services.create_page(title=title) for title in ("One", "Two"))
    answers: list[str] = []

    def move(name: str, to: Page) -> None:
        client = client_of(name, *PAGE_PERMISSIONS, "view_content", "change_content")
        answers.append(transfer(client, "move_to_page", to, "Talk").content.decode())

    rivals = [Rival(lambda: move("ana", one)), Rival(lambda: move("ben", two))]

    assert [rival.end() for rival in rivals] == [None, None]
    assert sorted(titles(one) + titles(two)) == ["Talk"]
    assert titles(page) == ["Cutting", "History"]
