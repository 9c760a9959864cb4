"""An editor makes pages, in Chromium."""

import pytest
from selenium.webdriver import Keys

from tests.browser.editor import ADD, Editor
from tests.browser.site import Site
from tests.browser.window import DEADLINE_SECONDS, Window
from tests.support.processes import wait_until

EDITOR = [f"{may}_{what}" for may in ("add", "change", "delete", "view") for what in ("page", "content")]
FIVE = ["Cutting", "History", "Talk", "Sources", "Song"]


@pytest.fixture
def editor(window: Window, site: Site) -> Editor:
    """Somebody who may do everything with pages, on the form of a new one."""
    window.log_in(site.make_user("ana", *EDITOR))
    window.open(ADD)
    return Editor(window)


@pytest.fixture
def five(editor: Editor) -> Editor:
    """A page of five blocks, of all kinds, saved and open."""
    fill_in_five(editor)
    editor.save()
    return editor


def fill_in_five(editor: Editor) -> None:
    editor.name_page("Sapphires")
    editor.add("video", title="Cutting", video_url="https://example.org/cutting.webm")
    editor.add("text", title="History", text="Found in 1865.")
    editor.add("audio", title="Talk", bitrate="128000")
    editor.add("text", title="Sources", text="Books.")
    editor.add("audio", title="Song", bitrate="64000")


def stored(site: Site, page: str) -> list[str]:
    """The titles on the page in their order, from the database."""
    rows = site.rows(
        "SELECT c.title, c.order FROM pages_content c JOIN pages_page p ON p.id = c.page_id"
        " WHERE p.id = %s ORDER BY c.order",
        page,
    )
    assert [order for _, order in rows] == list(range(len(rows)))
    return [title for title, _ in rows]


def test_a_page_is_made_dragged_into_order_and_mended_after_a_failed_save(editor: Editor, site: Site) -> None:
    fill_in_five(editor)
    editor.add("video", title="Setting", video_url="ftp://example.org/setting.mp4")
    editor.drag("Setting", above="History")  # none of them is saved yet
    editor.drag("Song", above="Cutting")
    editor.window.photograph("1-dragged")
    expected = ["Song", "Cutting", "Setting", "History", "Talk", "Sources"]
    assert editor.titles == expected

    editor.save()

    editor.window.photograph("2-failed")
    assert editor.titles == expected
    assert editor.block("Setting").errors == ["Enter a valid URL."]
    wait_until(lambda: editor.focused[0] == "Setting", DEADLINE_SECONDS, "what is wrong is in sight")
    assert [editor.block(title).errors for title in FIVE] == [[]] * 5
    assert editor.block("History").read("text") == "Found in 1865."

    editor.add("text", title="Added after", text="An empty one, not a copy.")
    editor.block("Setting").write("video_url", "https://example.org/setting.mp4")
    editor.drag("Added after", above="Song")
    editor.save()

    editor.window.photograph("3-saved")
    assert editor.titles == ["Added after", *expected]
    assert stored(site, editor.page) == editor.titles
    assert editor.window.complaints() == []


def test_saved_and_new_blocks_are_moved_by_keyboard_and_the_focus_stays(five: Editor, site: Site) -> None:
    five.add("text", title="New", text="…")

    five.block("New").find("[data-do=up]").send_keys(Keys.ENTER)
    five.press_keys(Keys.ENTER)
    assert five.titles == ["Cutting", "History", "Talk", "New", "Sources", "Song"]
    assert five.focused == ("New", "Move up")
    assert five.said == "Text New: place 4 of 6"

    five.block("Cutting").find("[data-do=toggle]").send_keys("")
    five.press_alt(Keys.ARROW_DOWN)
    five.press_alt(Keys.ARROW_DOWN)
    five.press_alt(Keys.ARROW_UP)
    five.window.photograph("moved")
    assert five.titles == ["History", "Cutting", "Talk", "New", "Sources", "Song"]
    assert five.focused[0] == "Cutting"

    five.save()
    assert stored(site, five.page) == ["History", "Cutting", "Talk", "New", "Sources", "Song"]


def test_a_block_at_the_edge_stays_there_and_keeps_the_focus(five: Editor) -> None:
    five.block("Cutting").press("up")

    assert five.titles == FIVE
    assert five.focused == ("Cutting", "Move up")


def test_escape_puts_a_dragged_block_back(five: Editor) -> None:
    five.drag("Song", above="Cutting", drop=False)
    assert five.titles[0] == "Song"

    five.press_keys(Keys.ESCAPE)

    assert five.titles == FIVE


def test_blocks_are_folded_and_unfolded_one_by_one_and_all_at_once(five: Editor) -> None:
    assert not any(block.is_open for block in five.blocks), "what is saved comes folded"

    five.block("History").press("toggle")
    assert [block.title for block in five.blocks if block.is_open] == ["History"]
    assert five.block("History").find(".block-toggle").get_attribute("aria-expanded") == "true"

    five.press("open-all")
    five.window.photograph("unfolded")
    assert all(block.is_open for block in five.blocks)
    five.press("close-all")
    assert not any(block.is_open for block in five.blocks)


def test_a_deleted_block_can_be_kept_after_all_until_the_page_is_saved(five: Editor, site: Site) -> None:
    five.add("text", title="Never mind", text="…")
    for title in ("History", "Talk", "Never mind"):
        five.block(title).press("remove")
    five.block("Talk").press("restore")
    five.window.photograph("struck-out")

    five.save()

    assert stored(site, five.page) == five.titles == ["Cutting", "Talk", "Sources", "Song"]


def test_of_two_tabs_the_stale_one_is_warned_keeps_what_was_typed_and_may_save_over_it(
    five: Editor, site: Site
) -> None:
    window, page = five.window, five.page
    window.open_tab(f"/admin/pages/page/{page}/change/")
    five.drag("Song", above="Cutting")
    five.save()
    window.go_to_tab(0)
    five.drag("Talk", above="Cutting")
    five.block("History").press("toggle")
    five.block("History").write("text", "Typed in the stale tab.")

    five.save()

    window.photograph("warned")
    mine = ["Talk", "Cutting", "History", "Sources", "Song"]
    assert "ana saved this page on" in " ".join(five.messages)
    assert five.titles == mine
    assert five.block("History").find("textarea").is_displayed()
    assert five.block("History").read("text") == "Typed in the stale tab."
    assert stored(site, page) == ["Song", "Cutting", "History", "Talk", "Sources"], "nothing was written over"

    window.one("[name=over]").click()
    five.save()
    assert stored(site, page) == five.titles == mine


def test_who_may_only_look_sees_all_and_can_change_nothing(five: Editor, site: Site) -> None:
    page = five.page
    five.window.log_out()
    five.window.log_in(site.make_user("visitor", "view_page", "view_content"))

    five.window.open(f"/admin/pages/page/{page}/change/")
    five.block("History").press("toggle")

    five.window.photograph("view-only")
    assert five.titles == FIVE
    assert "Found in 1865." in five.block("History").element.text
    assert five.window.all(".block input, .block textarea, .block-handle, [data-do=up], [data-add], [name=_save]") == []


def test_the_list_of_content_leads_to_the_block_in_its_page(five: Editor) -> None:
    five.window.open("/admin/pages/content/?kind=text&q=hist")
    five.window.photograph("list")

    five.window.leave_by(five.window.one("#result_list tbody th a"))

    assert [block.title for block in five.blocks if block.is_open] == ["History"]
    assert five.focused[0] == "History"


def test_sixty_blocks_are_there_in_less_than_a_second(editor: Editor, site: Site) -> None:
    editor.name_page("Long")
    for _ in range(60):
        editor.window.one("[data-add=text]").click()
    editor.window.run(
        "document.querySelectorAll('.block').forEach((block, number) => block.querySelectorAll("
        "'[name$=-title], [name$=-text]').forEach(field => { field.value = `Block ${number}`; }))"
    )
    editor.save()
    editor.window.driver.refresh()

    seconds = [editor.seconds_to_load() for _ in range(3)]

    editor.window.note("seconds-for-sixty-blocks", f"{min(seconds):.3f}")
    assert len(editor.blocks) == 60
    assert min(seconds) < 1


def test_a_narrow_dark_window_is_good_to_work_in_too(five: Editor) -> None:
    driver = five.window.driver
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    size = driver.get_window_size()
    driver.set_window_size(480, 900)
    five.block("Cutting").press("toggle")
    five.window.run("document.querySelector('.blocks').scrollIntoView()")
    five.window.photograph("narrow-dark")

    overflow = five.window.run(
        "return Math.max(document.documentElement.scrollWidth - document.documentElement.clientWidth,"
        "...[...document.querySelectorAll('.block input:not([type=hidden])')].map("
        "field => field.getBoundingClientRect().right - field.closest('.block').getBoundingClientRect().right))"
    )

    driver.set_window_size(size["width"], size["height"])
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert overflow <= 0


def test_a_preview_is_shown_when_it_is_asked_for_and_only_of_web_addresses(editor: Editor, video_address: str) -> None:
    block = editor.add("video", title="Cutting", video_url="javascript:alert(1)")
    assert block.all(".block-preview button") == []

    block.write("video_url", video_address)
    assert block.all("video") == [], "nobody else is asked before the editor wants it"
    block.find(".block-preview button").click()
    video = block.find("video")
    wait_until(lambda: video.get_property("readyState") >= 1, DEADLINE_SECONDS, "the video is loaded")
    editor.window.photograph("video")

    block.write("video_url", f"{video_address}.missing")
    block.find(".block-preview button").click()
    wait_until(lambda: block.all(".block-preview a"), DEADLINE_SECONDS, "a link instead")
    assert "It cannot be shown here" in block.find(".block-preview").text
