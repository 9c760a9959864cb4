"""The answer to a request for one page: its text with holes for what differs from request to request.

The text belongs to an edition of the page, and no other state of any page has the same. So it can be kept as long as
there is room: it is old sometimes and wrong never.
"""

import json
import threading
from collections import OrderedDict
from typing import Any

from rest_framework.utils.encoders import JSONEncoder

from apps.common import reading
from apps.pages import content_types, selectors, serializers
from apps.pages.models import Content, Page

#: Of texts that are kept in a process.
MOST_BYTES = 32 * 2**20


class Texts:
    """The texts that were asked for last, up to so many bytes together. Thread-safe."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._texts: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, edition: str) -> bytes | None:
        with self._lock:
            text = self._texts.get(edition)
            if text is not None:
                self._texts.move_to_end(edition)
            return text

    def put(self, edition: str, text: bytes) -> None:
        with self._lock:
            self._bytes += len(text) - len(self._texts.pop(edition, b""))
            self._texts[edition] = text
            while self._bytes > self._most_bytes:
                self._bytes -= len(self._texts.popitem(last=False)[1])

    def clear(self) -> None:
        with self._lock:
            self._texts.clear()
            self._bytes = 0


TEXTS = Texts(MOST_BYTES)
#: Held by who makes a text: the others need the same one, and to make it at the same time takes each of them longer.
_making = threading.Lock()


def page_answer(page_id: int, url: str) -> tuple[bytes, str]:
    """The page as JSON, and the ids of the contents in it, joined by commas. Raises NoSuchPageError.

    One query; if this edition was not answered lately four more, and one for each kind that occurs, in a transaction.
    """
    state = selectors.state(page_id)
    text = TEXTS.get(state.edition)
    if text is None:
        state, text = _make(page_id)
    counters = state.counters.encode().split(b",") if state.counters else []
    return text % (json.dumps(url).encode(), *counters), state.ids


def _make(page_id: int) -> tuple[selectors.State, bytes]:
    """The page as it is now: read as of one moment, so that an editor who saves without a pause holds nobody up."""
    with _making, reading.one_moment():
        state = selectors.state(page_id)
        text = TEXTS.get(state.edition)
        while text is None:
            made = _text(selectors.page_by_id(page_id), selectors.contents(page_id))
            seen, state = state, selectors.state(page_id)
            if seen.edition == state.edition:  # once, unless the caller has a transaction open, without that moment
                TEXTS.put(state.edition, made)
                text = made
    return state, text


def _text(page: Page, contents: list[Content]) -> bytes:
    """Holes are for the page's address and for the counter of each content."""
    head = _open({"id": page.pk, "title": page.title})
    body = ",".join(_content_text(content) for content in contents)
    return f'{head},"url":%s,"content":[{body}]}}'.encode()


def _content_text(content: Content) -> str:
    kind = content_types.kind_of(content)
    head = _open({"id": content.pk, "type": kind.name, "title": content.title})
    return f'{head},"counter":%s,{_open(serializers.attributes(content))[1:]}}}'


def _open(members: dict[str, Any]) -> str:
    """An object in JSON without its end, and with its per cent signs doubled."""
    return json.dumps(members, cls=JSONEncoder, ensure_ascii=False, separators=(",", ":"))[:-1].replace("%", "%%")
