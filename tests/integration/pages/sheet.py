"""The form of a page as a browser would hold it: read from the answer, changed, and sent back."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client

from apps.pages.models import Page

ADD = "/admin/pages/page/add/"


def address(page: Page) -> str:
    return f"/admin/pages/page/{page.pk}/change/"


class _Fields(HTMLParser):
    """What a browser sends of a page: no disabled fields, none of templates, no unchecked boxes, no buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._templates = 0
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name") or ""
        self._templates += tag == "template"
        if not name or self._templates or "disabled" in given:
            return
        if tag == "textarea":
            self._area, self.found[name] = name, ""
        elif (
            tag == "input"
            and given.get("type") not in {"submit", "button"}
            and (given.get("type") != "checkbox" or "checked" in given)
        ):
            self.found[name] = given.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        self._templates -= tag == "template"
        if tag == "textarea" and self._area:
            self.found[self._area] = self.found[self._area].removeprefix("\n")
            self._area = ""


class Sheet:
    """The editor's form. Rows are found by their title and go by their number."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._path = path
        self.answer: Any = client.get(path)
        self._read()

    def _read(self) -> None:
        assert self.answer.status_code == 200, self.answer.status_code
        parser = _Fields()
        parser.feed(self.answer.content.decode())
        self.fields = {name: text for name, text in parser.found.items() if name not in {"q", "csrfmiddlewaretoken"}}

    @property
    def total(self) -> int:
        return int(self.fields["contents-TOTAL_FORMS"])

    def row(self, title: str) -> str:
        [found] = [name for name, text in self.fields.items() if name.endswith("-title") and text == title]
        return found.removesuffix("-title")

    @property
    def titles(self) -> list[str]:
        """In the order that is shown."""
        rows = [
            name.removesuffix("-title") for name in self.fields if name.startswith("contents-") and "-title" in name
        ]
        return [self.fields[f"{row}-title"] for row in sorted(rows, key=lambda row: int(self.fields[f"{row}-place"]))]

    def write(self, row: str, **texts: str) -> None:
        self.fields.update({f"{row}-{name}": text for name, text in texts.items()})

    def add(self, kind: str, **texts: str) -> str:
        """At the end."""
        row = f"contents-{self.total}"
        self.write(row, id="", kind=kind, place=str(self.total), **texts)
        self.fields["contents-TOTAL_FORMS"] = str(self.total + 1)
        return row

    def remove(self, row: str) -> None:
        self.write(row, removed="1")

    def arrange(self, *titles: str) -> None:
        for place, title in enumerate(titles):
            self.write(self.row(title), place=str(place))

    def send(self, **more: str) -> Any:
        """The answer; when the form comes back, it is what the editor sees now."""
        self.answer = self._client.post(self._path, {**self.fields, "_continue": "1", **more})
        if self.answer.status_code == 200:
            self._read()
        return self.answer

    def save(self) -> None:
        answer = self.send()
        assert answer.status_code == 302, self.errors
        self.__init__(self._client, answer["Location"])  # type: ignore[misc] # opened again

    @property
    def errors(self) -> list[str]:
        """All that the form says, top down."""
        if not self.answer.context:
            return []
        groups = [[group] if isinstance(group, str) else group for group in self.answer.context["errors"]]
        return [str(error) for errors in groups for error in errors]
