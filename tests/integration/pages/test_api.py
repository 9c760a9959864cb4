"""The pages API: what it answers, what it costs, and what counts as a view."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.pages import answers, selectors, services, tasks
from apps.pages.models import Audio, Content, Page, Text, Video
from apps.tasks import drain

pytestmark = pytest.mark.django_db

PAGES = "/api/v1/pages/"


@pytest.fixture(autouse=True)
def cold_process(redis_client: Any) -> Iterator[None]:
    """Nothing is kept of other tests, neither here nor in Redis."""
    answers.TEXTS.clear()
    yield
    answers.TEXTS.clear()


def address(page: Page) -> str:
    return f"{PAGES}{page.pk}/"


def counters(client: Client, page: Page) -> list[int]:
    """As the API shows them, without a view: what a request adds is applied later."""
    return [content["counter"] for content in client.get(address(page)).json()["content"]]


def views(redis: Any) -> int:
    return int(redis.xlen(tasks.VIEWS.key))


def test_the_list_shows_pages_with_their_addresses(client: Client, page: Page) -> None:
    answer = client.get(PAGES)

    assert answer.status_code == 200
    assert answer.json() == {
        "count": 1,
        "next": None,
        "previous": None,
        "results": [{"id": page.pk, "title": "Sapphires", "url": f"http://testserver{address(page)}"}],
    }


def test_a_page_shows_its_contents_in_order_with_all_attributes(client: Client, page: Page) -> None:
    answer = client.get(address(page))

    first, second, third = selectors.content_ids(page.pk)
    assert (answer.status_code, answer["Cache-Control"], answer["Content-Type"]) == (
        200,
        "no-store",
        "application/json",
    )
    assert answer.json() == {
        "id": page.pk,
        "title": "Sapphires",
        "url": f"http://testserver{address(page)}",
        "content": [
            {
                "id": first,
                "type": "video",
                "title": "Cutting",
                "counter": 0,
                "video_url": "https://example.org/cutting.mp4",
                "subtitles_url": "",
            },
            {"id": second, "type": "text", "title": "History", "counter": 0, "text": "Found in 1865."},
            {"id": third, "type": "audio", "title": "Talk", "counter": 0, "bitrate": 128_000},
        ],
    }


def test_a_page_without_content_is_answered(client: Client, redis_client: Any) -> None:
    empty = services.create_page(title="Empty")

    assert client.get(address(empty)).json()["content"] == []
    assert views(redis_client) == 0


def test_titles_may_hold_anything(client: Client) -> None:
    title = '100 %s "quoted" \\ </script> %(x)d \u2028 Сапфир'
    page = services.create_page(title=title)
    services.create_content(Text, page.pk, title=title, text=title * 2)

    answer = client.get(address(page)).json()

    assert (answer["title"], answer["content"][0]["title"], answer["content"][0]["text"]) == (title, title, title * 2)


def test_each_answer_counts_one_for_each_content(client: Client, page: Page) -> None:
    for _ in range(3):
        client.get(address(page))
    drain.drain(tasks.VIEWS)

    assert counters(client, page) == [3, 3, 3]


def test_a_content_added_later_has_the_views_it_was_in(client: Client, page: Page) -> None:
    client.get(address(page))
    services.create_content(Text, page.pk, title="New", text="…")
    client.get(address(page))
    drain.drain(tasks.VIEWS)

    assert counters(client, page) == [2, 2, 2, 1]


@pytest.mark.parametrize("wrong", ["0", "999999", "9223372036854775808", "9" * 40, "one", "-1", "1.5"])
def test_an_unknown_page_is_not_found_and_counts_nothing(
    client: Client, page: Page, redis_client: Any, wrong: str
) -> None:
    answer = client.get(f"{PAGES}{wrong}/")

    assert (answer.status_code, views(redis_client)) == (404, 0)


def test_only_an_answered_get_counts(client: Client, page: Page, redis_client: Any) -> None:
    head = client.head(address(page))
    posted = client.post(address(page))
    refused = client.get(address(page), headers={"Accept": "image/png"})

    assert (head.status_code, posted.status_code, refused.status_code) == (200, 405, 406)
    assert head["Cache-Control"] == "no-store"
    assert posted["Allow"] == "GET, HEAD, OPTIONS"
    assert views(redis_client) == 0


def test_a_browser_gets_a_page_to_look_at_and_counts_too(client: Client, page: Page, redis_client: Any) -> None:
    shown = client.get(address(page), headers={"Accept": "text/html"})
    listed = client.get(PAGES, headers={"Accept": "text/html"})

    assert (shown.status_code, listed.status_code) == (200, 200)
    assert "Found in 1865." in shown.content.decode()
    assert "Sapphires" in listed.content.decode()
    assert views(redis_client) == 1


def test_an_edited_content_is_in_the_next_answer(client: Client, page: Page) -> None:
    client.get(address(page))
    Audio.objects.update(bitrate=64_000)

    assert client.get(address(page)).json()["content"][2]["bitrate"] == 64_000


def test_what_changes_while_it_is_read_is_read_again(
    client: Client, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = selectors.contents
    changes = [lambda: services.create_content(Text, page.pk, title="New", text="…")]

    def read_and_change(page_id: int) -> Any:
        contents = read(page_id)
        if changes:
            changes.pop()()
        return contents

    monkeypatch.setattr(selectors, "contents", read_and_change)

    titles = [content["title"] for content in client.get(address(page)).json()["content"]]
    assert titles == ["Cutting", "History", "Talk", "New"]


@pytest.mark.django_db(transaction=True)
def test_an_editor_who_never_stops_saving_holds_no_reader_up(
    client: Client, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is answered is the page as it was at one moment of the request."""
    read, saves = selectors.contents, []

    def save() -> None:
        saves.append(services.create_content(Text, page.pk, title=f"New {len(saves)}", text="…"))
        connection.close()

    def read_and_save(page_id: int) -> Any:
        contents = read(page_id)
        if len(saves) < 5:
            in_a_thread = threading.Thread(target=save)
            in_a_thread.start()
            in_a_thread.join()
        return contents

    monkeypatch.setattr(selectors, "contents", read_and_save)

    answers = [[content["title"] for content in client.get(address(page)).json()["content"]] for _ in range(2)]
    old = ["Cutting", "History", "Talk"]
    assert answers == [old, [*old, "New 0"]]


def test_a_page_that_was_answered_before_costs_one_query(client: Client, page: Page) -> None:
    client.get(address(page))

    with CaptureQueriesContext(
        connection,
    ) as captured:
        client.get(address(page))

    assert len(captured) == 1


@pytest.mark.parametrize("rounds", [1, 20])
def test_a_cold_page_costs_as_many_queries_as_there_are_kinds_and_five(client: Client, page: Page, rounds: int) -> None:
    for number in range(rounds):
        services.create_content(Video, page.pk, title=f"v{number}", video_url="https://example.org/")
        services.create_content(Text, page.pk, title=f"t{number}", text="…")
        services.create_content(Audio, page.pk, title=f"a{number}", bitrate=1)
    ContentType.objects.get_for_models(Content, Video, Text, Audio)  # which a process looks up once

    with CaptureQueriesContext(connection) as captured:
        assert len(client.get(address(page)).json()["content"]) == 3 + 3 * rounds

    assert len(captured) == 5 + 3


def test_the_list_costs_two_queries_and_counts_no_rows(client: Client) -> None:
    Page.objects.bulk_create(Page(title=f"Page {number}") for number in range(250))

    with CaptureQueriesContext(connection) as captured:
        answer = client.get(PAGES, {"page": 2, "page_size": 100}).json()

    assert (len(captured), answer["count"], len(answer["results"])) == (2, 250, 100)
    assert "pages_page" not in captured[0]["sql"].replace("pages_pagedelta", "")


def test_the_list_can_be_read_to_its_end(client: Client) -> None:
    made = [Page.objects.create(title=f"Page {number}").pk for number in range(45)]
    seen, following = [], f"http://testserver{PAGES}?page_size=20"
    while following:
        answer = client.get(following).json()
        seen += [result["id"] for result in answer["results"]]
        following = answer["next"]

    assert seen == made
    assert answer["previous"] == f"http://testserver{PAGES}?page=2&page_size=20"


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page=", "page_size=0", "page_size=101", "page=٣"])
def test_a_bad_number_is_an_input_error(client: Client, page: Page, query: str) -> None:
    answer = client.get(f"{PAGES}?{query}")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


def test_beyond_the_end_is_not_found(client: Client, page: Page) -> None:
    assert client.get(PAGES, {"page": 2}).status_code == 404


def test_the_first_page_of_no_pages_is_empty(client: Client) -> None:
    assert client.get(PAGES).json() == {"count": 0, "next": None, "previous": None, "results": []}
