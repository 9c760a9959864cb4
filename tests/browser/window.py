"""A browser window, driven with the words of somebody who sits in front of it."""

from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.site import PASSWORD, Site
from tests.support.processes import wait_until

DEADLINE_SECONDS = 10


class Window:
    def __init__(self, driver: Chrome, site: Site, screenshots: Path, test: str) -> None:
        self.driver = driver
        self.site = site
        self._screenshots = screenshots
        self._test = test

    def open(self, path: str) -> None:
        self.driver.get(self.site.url + path)

    def log_in(self, name: str) -> None:
        self.open("/admin/")
        self.one("#id_username").send_keys(name)
        self.one("#id_password").send_keys(PASSWORD)
        self.leave_by(self.one("[type=submit]"))

    def prefer(self, mode: str) -> None:
        """Light or dark, as the system would say it, until the next test says otherwise."""
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": mode}]}
        )

    def log_out(self) -> None:
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})

    def open_tab(self, path: str) -> None:
        """Another one of the same browser; it is the one that is used now."""
        self.driver.switch_to.new_window("tab")
        self.open(path)

    def go_to_tab(self, number: int) -> None:
        """By the order in which this test opened them."""
        self.driver.switch_to.window(self.driver.window_handles[number + 1])

    def leave_by(self, element: WebElement) -> None:
        """Click what loads another page, and wait until that is there."""
        here = self.one("html")
        element.click()
        wait_until(lambda: self._has_left(here), DEADLINE_SECONDS, "another page is loaded")

    def _has_left(self, page: WebElement) -> bool:
        """Asked by what the page itself says: whether an element of an old page is stale is a race with its unload."""
        return self.all("html") != [page] and self.run("return document.readyState") == "complete"

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def photograph(self, name: str) -> None:
        """The whole page as the window shows it now, kept as test-output/browser/<test>-<name>.png."""
        self._screenshots.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(self._screenshots / f"{self._test}-{name}.png")

    def note(self, name: str, text: str) -> None:
        """A figure, beside the screenshots."""
        self._screenshots.mkdir(parents=True, exist_ok=True)
        (self._screenshots / f"{self._test}-{name}.txt").write_text(f"{text}\n")

    def complaints(self) -> list[str]:
        """What the browser's console has got since it was asked last: errors of scripts, files that are missing.

        But not of the icon, which Chromium asks for by itself where a page names none.
        """
        messages = [entry["message"] for entry in self.driver.get_log("browser")]
        return [message for message in messages if "/favicon.ico " not in message]

    def hosts(self) -> set[str]:
        """Whom the page on show was loaded from, with all its parts."""
        return set(
            self.run(
                "return performance.getEntriesByType('resource').map(one => new URL(one.name).host)"
                ".concat(location.host)"
            )
        )
