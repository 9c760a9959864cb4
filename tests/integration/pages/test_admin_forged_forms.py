"""What the editor's own script cannot send: it is refused, and nothing has changed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from apps.pages import selectors, services
from apps.pages.models import Content, Page, Text
from tests.integration.pages.sheet import ADD, Sheet, address

pytestmark = pytest.mark.django_db

Fields = dict[str, str]
FORGERIES: dict[str, Fields] = {
    "no kind": {"kind": ""},
    "an unknown kind": {"kind": "page"},
    "a content type for a kind": {"kind": "1"},
    "a place that is no number": {"place": "first"},
    "a negative place": {"place": "-1"},
    "a huge place": {"place": "9" * 5000},
    "a broken place": {"place": "1.5"},
    "a place in other digits": {"place": "٣"},
    "no place": {"place": ""},
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
@pytest.mark.parametrize("is_new_page", [True, False], ids=["new page", "page"])
def test_a_forged_row_is_refused(admin_client: Client, page: Page, forgery: Fields, is_new_page: bool) -> None:
    edition = selectors.edition(page.pk)
    sheet = Sheet(admin_client, ADD if is_new_page else address(page))
    sheet.fields["title"] = "Rubies"
    sheet.write(sheet.add("text", title="New", text="…"), **forgery)

    assert sheet.send().status_code == 400
    assert selectors.edition(page.pk) == edition
    assert Page.objects.count() == 1


WHOLE_FORMS: dict[str, tuple[Callable[[Sheet], Any], int]] = {
    "without its count": (lambda sheet: sheet.fields.pop("contents-TOTAL_FORMS"), 200),
    "without any count": (
        lambda sheet: [sheet.fields.pop(f"contents-{name}_FORMS") for name in ("TOTAL", "INITIAL")],
        200,
    ),
    "a count that is no number": (lambda sheet: sheet.fields.update({"contents-TOTAL_FORMS": "all"}), 200),
    "a billion rows": (lambda sheet: sheet.fields.update({"contents-TOTAL_FORMS": str(10**9)}), 400),
    "a row that is not there": (lambda sheet: sheet.fields.update({"contents-TOTAL_FORMS": "4"}), 400),
    "NUL in a text": (lambda sheet: sheet.write(sheet.row("History"), text="a\0b"), 200),
    "NUL in the edition": (lambda sheet: sheet.fields.update({"edition": "\0"}), 200),
    "a title that is too long": (lambda sheet: sheet.write(sheet.row("History"), title="x" * 300), 200),
    "a bitrate out of bounds": (lambda sheet: sheet.write(sheet.row("Talk"), bitrate=str(10**30)), 200),
}


@pytest.mark.parametrize(("forge", "status"), WHOLE_FORMS.values(), ids=WHOLE_FORMS)
def test_a_forged_form_is_refused(admin_client: Client, page: Page, forge: Callable[[Sheet], Any], status: int) -> None:
    edition = selectors.edition(page.pk)
    sheet = Sheet(admin_client, address(page))
    forge(sheet)

    answer = admin_client.post(address(page), sheet.fields)

    assert answer.status_code == status
    assert selectors.edition(page.pk) == edition


@pytest.mark.parametrize("content_id", ["foreign", "0", "-1", "abc", "9" * 40, "twice"])
def test_an_id_that_is_not_this_pages_makes_a_new_block_and_touches_no_other(
    admin_client: Client, page: Page, content_id: str
) -> None:
    other = services.create_page(title="Rubies")
    foreign = services.create_content(Text, other.pk, title="Theirs", text="Theirs.")
    before = selectors.edition(other.pk)
    sheet = Sheet(admin_client, address(page))
    forged = {"foreign": str(foreign.pk), "twice": sheet.fields[sheet.row("History") + "-id"]}
    sheet.write(sheet.add("text", title="New", text="…"), id=forged.get(content_id, content_id))

    assert sheet.send().status_code == 302
    assert selectors.edition(other.pk) == before
    assert [one.title for one in Content.objects.filter(page=page)] == ["Cutting", "History", "Talk", "New"]


def test_a_content_cannot_be_told_to_be_of_another_kind(admin_client: Client, page: Page) -> None:
    sheet = Sheet(admin_client, address(page))
    sheet.write(sheet.row("History"), kind="video", video_url="https://example.org/")

    assert sheet.send().status_code == 302
    assert Content.objects.get(title="History").polymorphic_ctype == ContentType.objects.get_for_model(Text)


def test_equal_places_are_told_apart(admin_client: Client, page: Page) -> None:
    sheet = Sheet(admin_client, address(page))
    for title in ("Cutting", "History", "Talk"):
        sheet.write(sheet.row(title), place="7")

    assert sheet.send().status_code == 302
    assert [one.order for one in Content.objects.filter(page=page)] == [0, 1, 2]


@pytest.mark.parametrize("page_id", ["0", "99999999", "9" * 30, "9" * 5000, "abc", "-1", "٣", "_00"])
def test_a_page_that_is_not_there_is_said_not_to_be(admin_client: Client, page: Page, page_id: str) -> None:
    for answer in (
        admin_client.get(f"/admin/pages/page/{page_id}/change/"),
        admin_client.post(f"/admin/pages/page/{page_id}/change/", {"title": "x"}),
    ):
        assert answer.status_code == 302
        assert answer["Location"] == "/admin/"


def test_a_form_of_a_page_deleted_meanwhile_is_told_so(admin_client: Client, page: Page) -> None:
    sheet = Sheet(admin_client, address(page))
    services.delete_page(page.pk)

    answer = admin_client.post(address(page), sheet.fields, follow=True)

    assert "doesn’t exist. Perhaps it was deleted?" in answer.content.decode()
    assert not Page.objects.exists()


def test_what_editors_wrote_is_shown_and_not_run(admin_client: Client, page: Page) -> None:
    evil = '"><script>alert(1)</script>'
    services.create_content(Text, page.pk, title=evil, text=f"</textarea>{evil}")
    page.title = evil
    page.save()

    for path in (address(page), "/admin/pages/page/", "/admin/pages/content/"):
        assert "<script>alert" not in admin_client.get(path).content.decode()


def test_the_editor_needs_no_script_or_style_in_the_page_itself(admin_client: Client, page: Page) -> None:
    shown = admin_client.get(address(page)).content.decode()
    blocks = shown[shown.index('<div class="inline-group blocks"') : shown.index("</fieldset>\n</div>")]

    assert [tag for tag in shown.split("<script")[1:] if " src=" not in tag.partition(">")[0]] == []
    for inline in ("style=", "onclick", "javascript:", "<style"):
        assert inline not in blocks
