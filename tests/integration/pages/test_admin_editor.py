"""The editor of a page: what is sent is what is kept, whoever else is at work."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.pages import selectors, services
from apps.pages.models import Content, Counter, Page, Text, Video
from tests.integration.pages.conftest import Rival, wait_for_a_waiter
from tests.integration.pages.sheet import ADD, Sheet, address

pytestmark = pytest.mark.django_db
PAGE_PERMISSIONS = ("view_page", "change_page", "add_page", "delete_page")


def contents(page: Page) -> list[Any]:
    return list(Content.objects.filter(page=page).order_by("order"))


def titles(page: Page) -> list[str]:
    found = contents(page)
    assert [content.order for content in found] == list(range(len(found)))
    return [content.title for content in found]


def client_of(name: str, *permissions: str) -> Client:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_a_page_is_made_with_mixed_content_in_the_order_that_was_dragged(admin_client: Client) -> None:
    sheet = Sheet(admin_client, ADD)
    sheet.fields["title"] = "Sapphires"
    sheet.add("video", title="Cutting", video_url="https://example.org/v.mp4", subtitles_url="")
    sheet.add("text", title="History", text="  Found in 1865.\r\nLost in 1870.")
    sheet.add("audio", title="Talk", bitrate="128000")
    sheet.arrange("Talk", "Cutting", "History")

    sheet.save()

    page = Page.objects.get()
    talk, cutting, history = contents(page)
    assert titles(page) == sheet.titles == ["Talk", "Cutting", "History"]
    assert (talk.bitrate, cutting.video_url) == (128000, "https://example.org/v.mp4")
    assert history.text == "  Found in 1865.\nLost in 1870."


def test_one_save_adds_changes_moves_and_removes(admin_client: Client, page: Page) -> None:
    sheet = Sheet(admin_client, address(page))
    sheet.write(sheet.row("History"), title="Past", text="Longer.")
    sheet.add("audio", title="Song", bitrate="1")
    sheet.arrange("Song", "Talk", "Past", "Cutting")
    sheet.remove(sheet.row("Cutting"))

    sheet.save()

    assert titles(page) == ["Song", "Talk", "Past"]
    assert Text.objects.get().text == "Longer."
    assert not Video.objects.exists()


def test_a_failed_save_keeps_all_that_was_typed_once_and_in_order(admin_client: Client, page: Page) -> None:
    sheet = Sheet(admin_client, address(page))
    sheet.write(sheet.row("History"), text="Rewritten.")
    sheet.add("video", title="Fake", video_url="javascript:alert(1)", subtitles_url="")
    sheet.add("text", title="", text="Without a title.")
    sheet.add("audio", title="Song", bitrate="5")
    sheet.arrange("Song", "Talk", "Fake", "", "History", "Cutting")
    sheet.remove(sheet.row("Talk"))
    before = dict(sheet.fields)

    answer = sheet.send()

    assert answer.status_code == 200
    assert sheet.errors == ["Enter a valid URL.", "This field is required."]
    assert sheet.titles == ["Song", "Talk", "Fake", "", "History", "Cutting"]
    assert sheet.fields == before
    assert titles(page) == ["Cutting", "History", "Talk"]

    sheet.write(sheet.row("Fake"), video_url="http://example.org/")
    sheet.write(sheet.row(""), title="Named")
    sheet.save()
    assert titles(page) == ["Song", "Fake", "Named", "History", "Cutting"]


def test_a_new_block_that_was_left_empty_is_an_error_and_not_forgotten(admin_client: Client, page: Page) -> None:
    sheet = Sheet(admin_client, address(page))
    sheet.add("text", title="", text="")

    sheet.send()

    assert sheet.errors == ["This field is required."] * 2
    assert sheet.total == 4


def test_a_failed_save_of_a_new_page_keeps_all_too(admin_client: Client) -> None:
    sheet = Sheet(admin_client, ADD)
    sheet.add("text", title="Second", text="2")
    sheet.add("text", title="First", text="1")
    sheet.arrange("First", "Second")

    sheet.send()

    assert sheet.errors == ["This field is required."]
    assert sheet.titles == ["First", "Second"]
    sheet.fields["title"] = "Numbers"
    sheet.save()
    assert titles(Page.objects.get()) == ["First", "Second"]


def test_a_stale_tab_is_told_who_was_there_and_keeps_what_was_typed(admin_client: Client, page: Page) -> None:
    stale = Sheet(admin_client, address(page))
    other = Sheet(client_of("ben", *PAGE_PERMISSIONS, "view_content", "change_content"), address(page))
    other.write(other.row("Talk"), title="Speech")
    other.save()
    stale.write(stale.row("History"), text="Mine.")
    stale.arrange("History", "Talk", "Cutting")

    answer = stale.send()

    assert stale.errors[0].startswith("This page has been changed by somebody else since you opened it.")
    assert "<strong>ben</strong> saved this page on" in answer.content.decode()
    assert stale.titles == ["History", "Talk", "Cutting"]
    assert stale.fields[stale.row("History") + "-text"] == "Mine."
    assert titles(page) == ["Cutting", "History", "Speech"]
    assert stale.send().status_code == 200, "asked again, it is refused again"


def test_a_warned_editor_can_save_over_it_without_losing_what_others_added(admin_client: Client, page: Page) -> None:
    stale = Sheet(admin_client, address(page))
    cutting, history, _talk = contents(page)
    services.delete_content(history.pk)
    services.create_content(Text, page.pk, title="Theirs", text="…")
    stale.write(stale.row("History"), text="Mine.")
    stale.arrange("History", "Talk", "Cutting")
    stale.send()

    answer = stale.send(over=selectors.edition(page.pk))

    assert answer.status_code == 302
    assert titles(page) == ["History", "Talk", "Cutting", "Theirs"]
    assert contents(page)[0].text == "Mine."
    assert contents(page)[2].pk == cutting.pk


def test_to_save_over_one_edition_is_not_to_save_over_the_next(admin_client: Client, page: Page) -> None:
    stale = Sheet(admin_client, address(page))
    services.create_content(Text, page.pk, title="One", text="1")
    warned_of = selectors.edition(page.pk)
    services.create_content(Text, page.pk, title="Two", text="2")

    assert stale.send(over=warned_of).status_code == 200
    assert titles(page)[-2:] == ["One", "Two"]


@pytest.mark.parametrize("edition", ["", "x", None])
def test_a_form_without_its_edition_is_stale(admin_client: Client, page: Page, edition: str | None) -> None:
    sheet = Sheet(admin_client, address(page))
    del sheet.fields["edition"]

    assert sheet.send(**({} if edition is None else {"edition": edition})).status_code == 200
    assert sheet.errors[0].startswith("This page has been changed")


def test_views_counted_while_the_editor_writes_are_kept(admin_client: Client, page: Page) -> None:
    sheet = Sheet(admin_client, address(page))
    history = Text.objects.get()
    Counter.objects.update_or_create(content_id=history.pk, defaults={"value": 41})
    sheet.write(sheet.row("History"), title="Past")
    sheet.arrange("Talk", "Past", "Cutting")

    sheet.save()

    assert Counter.objects.get(content_id=history.pk).value == 41
    assert "41 views" in sheet.answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_once_one_wins_and_the_other_is_warned(page: Page) -> None:
    ana, ben = (
        Sheet(client_of(name, *PAGE_PERMISSIONS, "view_content", "add_content", "change_content"), address(page))
        for name in ("ana", "ben")
    )
    ana.add("text", title="Of Ana", text="a")
    ben.add("text", title="Of Ben", text="b")
    ben.arrange("Of Ben", "Talk", "History", "Cutting")

    with services.changing(page.pk):  # both have sent before either is let in
        rivals = [Rival(sheet.send) for sheet in (ana, ben)]
        wait_for_a_waiter()

    assert [rival.end() for rival in rivals] == [None, None]
    assert sorted(sheet.answer.status_code for sheet in (ana, ben)) == [200, 302]
    winner, loser = sorted((ana, ben), key=lambda sheet: -sheet.answer.status_code)
    assert len(titles(page)) == 4
    assert loser.total == 4
    assert loser.errors[0].startswith("This page has been changed by somebody else")
    assert winner is not loser


@pytest.mark.parametrize("permissions", [("view_content",), ("view_content", "add_content", "delete_content")])
def test_who_may_not_change_content_sees_it_and_can_only_rename_the_page(page: Page, permissions: Any) -> None:
    client = client_of("eve", *PAGE_PERMISSIONS, *permissions)
    sheet = Sheet(client, address(page))

    assert [name for name in sheet.fields if name.startswith("contents-0")] == []
    assert "Found in 1865." in sheet.answer.content.decode()
    sheet.fields["title"] = "Rubies"
    sheet.save()
    assert Page.objects.get().title == "Rubies"
    assert titles(page) == ["Cutting", "History", "Talk"]


@pytest.mark.parametrize(
    "permissions",
    [("view_page", "view_content"), PAGE_PERMISSIONS, (*PAGE_PERMISSIONS, "view_content", "add_content")],
    ids=["may look", "may not see content", "may only add content"],
)
def test_nobody_reorders_without_the_permission_to_change_content(
    admin_client: Client, page: Page, permissions: Any
) -> None:
    sheet = Sheet(admin_client, address(page))
    sheet.arrange("Talk", "History", "Cutting")

    answer = client_of("eve", *permissions).post(address(page), sheet.fields)

    assert answer.status_code in {302, 403}
    assert titles(page) == ["Cutting", "History", "Talk"]


def test_who_may_only_look_gets_nothing_to_send(page: Page) -> None:
    client = client_of("eve", "view_page", "view_content")

    shown = client.get(address(page)).content.decode()

    assert "Found in 1865." in shown
    assert 'name="contents-0-title"' not in shown
    for control in ("block-handle", 'data-do="up"', 'data-do="remove"', "data-add=", 'name="_save"'):
        assert control not in shown


@pytest.mark.parametrize("missing", ["add_content", "delete_content"])
def test_who_lacks_one_permission_has_no_button_for_it_and_no_way_around(
    admin_client: Client, page: Page, missing: str
) -> None:
    given = {"view_content", "change_content", "add_content", "delete_content"} - {missing}
    client = client_of("eve", *PAGE_PERMISSIONS, *given)
    mine = Sheet(client, address(page))
    forged = Sheet(admin_client, address(page))
    if missing == "add_content":
        forged.add("text", title="Smuggled", text="…")
    else:
        forged.remove(forged.row("Talk"))

    answer = client.post(address(page), forged.fields)

    shown = mine.answer.content.decode()
    assert ("data-add=" in shown) == (missing != "add_content")
    assert ('data-do="remove"' in shown.partition("<template")[0]) == (missing != "delete_content")
    assert answer.status_code == (200 if missing == "add_content" else 403)
    assert titles(page) == ["Cutting", "History", "Talk"]


@pytest.mark.parametrize("path", ["{page}", "{page}?contents-0-place=2", ADD, "/admin/pages/content/{content}/change/"])
def test_to_look_changes_nothing(admin_client: Client, page: Page, path: str) -> None:
    edition = selectors.edition(page.pk)

    admin_client.get(path.format(page=address(page), content=contents(page)[0].pk))

    assert selectors.edition(page.pk) == edition
    assert Page.objects.count() == 1


def test_the_history_says_what_was_done_with_the_content(admin_client: Client, page: Page) -> None:
    sheet = Sheet(admin_client, address(page))
    sheet.write(sheet.row("History"), text="New.")
    sheet.add("text", title="More", text="…")
    sheet.arrange("Talk", "History", "Cutting", "More")
    sheet.remove(sheet.row("Cutting"))
    sheet.save()

    assert LogEntry.objects.get().get_change_message() == (
        "Added text “More”. Changed text for text “History”. Deleted video “Cutting”. Changed order of its content."
    )


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_number_of_queries_does_not_grow_with_the_blocks(admin_client: Client, method: str) -> None:
    def queries(blocks: int) -> int:
        page = services.create_page(title="Long")
        for number in range(blocks):
            model: Any = (Video, Text)[number % 2]
            fields = {"video_url": "https://example.org/"} if model is Video else {"text": "…"}
            services.create_content(model, page.pk, title=f"Block {number}", **fields)
        sheet = Sheet(admin_client, address(page))
        sheet.fields["title"] = ""  # so that it comes back
        with CaptureQueriesContext(
            connection,
        ) as captured:
            admin_client.get(address(page)) if method == "get" else sheet.send()
        return len(captured)

    queries(2)  # content types are remembered from the first time on
    assert queries(5) == queries(60)


def test_hundreds_of_blocks_are_edited_in_one_form(admin_client: Client) -> None:
    page = services.create_page(title="Endless")
    sheet = Sheet(admin_client, address(page))
    for number in range(400):
        sheet.add("text", title=f"{number}", text="…")
    sheet.save()

    assert titles(page) == [str(number) for number in range(400)]
