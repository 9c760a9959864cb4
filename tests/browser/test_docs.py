"""The API's description as somebody reads it in a browser: every operation, and nothing asked of any other host."""

import pytest

from tests.browser.window import Window
from tests.support.processes import wait_until

pytestmark = pytest.mark.slow


def test_a_reader_finds_each_operation_and_can_try_one(window: Window) -> None:
    window.open("/docs/")
    wait_until(lambda: len(window.all(".opblock")) >= 18, 30, "all operations are shown")
    summaries = {element.text for element in window.all(".opblock-summary-description")}
    assert {"Upload a file", "Import deals", "Read a page", "Call a task off"} <= summaries

    window.one("#operations-files-list_files .opblock-summary-control").click()
    wait_until(lambda: window.all("#operations-files-list_files .try-out__btn"), 30, "it is open")
    window.one("#operations-files-list_files .try-out__btn").click()
    wait_until(lambda: window.all("#operations-files-list_files .execute"), 30, "it can be tried")
    window.one("#operations-files-list_files .execute").click()

    def answered() -> bool:
        shown = window.all("#operations-files-list_files .live-responses-table .response-col_status")
        return any(element.text.startswith("200") for element in shown)

    wait_until(answered, 30, "the answer is shown")
    window.photograph("docs")
    assert window.hosts() == {window.site.url.removeprefix("http://")}
    assert window.complaints() == []
