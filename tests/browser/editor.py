"""The editor of a page, in the words of the person who uses it."""

from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.actions.action_builder import ActionBuilder
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

    @property
    def top(self) -> int:
        """In the window."""
        return round(self._window.run("return arguments[0].getBoundingClientRect().top", self.element))

    def scroll_into_view(self) -> None:
        self._window.run("arguments[0].scrollIntoView({block: 'center'})", self.element)

    def all(self, selector: str) -> list[WebElement]:
        return self.element.find_elements(By.CSS_SELECTOR, selector)

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
        return [one.text for one in self.all(".errorlist li")]


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

    def drag(self, title: str, *, above: str, drop: bool = True) -> None:
        """By its handle, with the mouse. What is out of sight comes into it while the mouse is held at the edge."""
        dragged, target = self.block(title), self.block(above)
        dragged.scroll_into_view()
        self._mouse(dragged.find(".block-handle"), "pointer_down")
        height = self.window.run("return window.innerHeight")
        wait_until(lambda: self._pull(target, height), DEADLINE_SECONDS, f"{above} is in sight")
        wait_until(lambda: self._is_above(title, above), DEADLINE_SECONDS, f"{title} is above {above}")
        if drop:
            self._mouse(None, "pointer_up")

    def _pull(self, target: Block, height: int) -> bool:
        """Move towards it; true when the mouse is there."""
        wanted = target.top + 4
        reached = min(max(wanted, 20), height - 20)
        self._mouse((self._mouse_x, reached))
        return bool(0 < target.top + 4 < height - 20) and reached == wanted

    def _is_above(self, title: str, above: str) -> bool:
        titles = self.titles
        return titles.index(title) == titles.index(above) - 1

    def _mouse(self, to: WebElement | tuple[int, int] | None, action: str = "") -> None:
        """Move, then press or release."""
        mouse = ActionBuilder(self.window.driver, duration=50)
        if isinstance(to, tuple):
            mouse.pointer_action.move_to_location(*to)
        elif to is not None:
            box = self.window.run("return arguments[0].getBoundingClientRect()", to)
            self._mouse_x = round(box["x"] + box["width"] / 2)
            mouse.pointer_action.move_to_location(self._mouse_x, round(box["y"] + box["height"] / 2))
        if action:
            getattr(mouse.pointer_action, action)()
        mouse.perform()

    def press_keys(self, *keys: str) -> None:
        """Where the focus is."""
        ActionChains(self.window.driver).send_keys(*keys).perform()

    def press_alt(self, key: str) -> None:
        ActionChains(self.window.driver).key_down(Keys.ALT).send_keys(key).key_up(Keys.ALT).perform()

    def press(self, action: str) -> None:
        self.window.one(f".blocks-tools [data-do={action}]").click()

    @property
    def focused(self) -> tuple[str, str]:
        """The block that has the focus, and the name of its button."""
        return tuple(
            self.window.run(
                "const it = document.activeElement;"
                "return [it.closest('.block')?.querySelector('.block-title').textContent, it.ariaLabel]"
            )
        )

    @property
    def said(self) -> str:
        """What a screen reader is given to say."""
        return str(self.window.one(".blocks-news").get_property("textContent"))

    @property
    def page(self) -> str:
        """The id in the address."""
        return str(self.window.run("return location.pathname.split('/')[4]"))

    def seconds_to_load(self) -> float:
        """From the request until the page and its scripts are done."""
        self.window.driver.refresh()
        wait_until(lambda: self.window.run("return performance.timing.loadEventEnd"), DEADLINE_SECONDS, "it is loaded")
        return float(self.window.run("return performance.getEntriesByType('navigation')[0].loadEventEnd")) / 1000

    def save(self) -> None:
        """And stay on the page."""
        self.window.leave_by(self.window.one("[name=_continue]"))

    @property
    def messages(self) -> list[str]:
        return [one.text for one in self.window.all(".messagelist li, .errornote, .errorlist.nonfield li, .conflict p")]
