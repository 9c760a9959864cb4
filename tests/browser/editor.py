"""The editor of a page, in the words of the person who uses it."""

from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.window import DEADLINE_SECONDS, Window
from tests.support.processes import wait_until

ADD = "/admin/pages/page/add/"


class Block:
    """One block on the screen."""

    def __init__(self, window: Window, element: WebElement) -> None:
        self.element = element
        self._window = window

    def find(self, selector: str) -> WebElement:
        return self.element.find_element(By.CSS_SELECTOR, selector)

    def write(self, field: str, text: str) -> None:
        written = self.find(f"[name$='-{field}']")
        written.clear()
        written.send_keys(text)

    def read(self, field: str) -> str:
        return str(self.find(f"[name$='-{field}']").get_property("value"))

    def press(self, action: str) -> None:
        self.find(f"[data-do={action}]").click()

    @property
    def title(self) -> str:
        return str(self.find(".block-title").get_property("textContent"))

    @property
    def is_open(self) -> bool:
        return self.find(".block-body").is_displayed()

    @property
    def errors(self) -> list[str]:
        return [one.text for one in self.element.find_elements(By.CSS_SELECTOR, ".errorlist li")]


class Editor:
    def __init__(self, window: Window) -> None:
        self.window = window

    @property
    def blocks(self) -> list[Block]:
        return [Block(self.window, element) for element in self.window.all(".blocks-list > .block")]

    @property
    def titles(self) -> list[str]:
        return [block.title for block in self.blocks]

    def block(self, title: str) -> Block:
        [found] = [block for block in self.blocks if block.title == title]
        return found

    def name_page(self, title: str) -> None:
        field = self.window.one("#id_title")
        field.clear()
        field.send_keys(title)

    def add(self, kind: str, **fields: str) -> Block:
        """Fill in what a new block asks for."""
        self.window.one(f"[data-add={kind}]").click()
        block = self.blocks[-1]
        for field, text in fields.items():
            block.write(field, text)
        return block

    def drag(self, title: str, *, above: str) -> None:
        """By its handle, with the mouse, in small steps as a hand does."""
        handle = self.block(title).find(".block-handle")
        target = self.block(above).element
        self.window.run("arguments[0].scrollIntoView({block: 'center'})", target)
        up = handle.rect["y"] + handle.rect["height"] / 2 - target.rect["y"] - 4
        drag = ActionChains(self.window.driver, duration=20).click_and_hold(handle)
        for _ in range(10):
            drag.move_by_offset(0, -round(up / 10))
        drag.release().perform()

    def press_keys(self, *keys: str) -> None:
        """Where the focus is."""
        ActionChains(self.window.driver).send_keys(*keys).perform()

    def press_alt(self, key: str) -> None:
        ActionChains(self.window.driver).key_down(Keys.ALT).send_keys(key).key_up(Keys.ALT).perform()

    def save(self) -> None:
        """And stay on the page."""
        self.window.leave_by(self.window.one("[name=_continue]"))

    @property
    def messages(self) -> list[str]:
        return [one.text for one in self.window.all(".messagelist li, .errornote, .errorlist.nonfield li, .conflict p")]

    def wait_for_titles(self, *titles: str) -> None:
        wait_until(lambda: self.titles == list(titles), DEADLINE_SECONDS, f"{titles} are shown")
