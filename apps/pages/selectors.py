"""What is read of pages; each function is one query unless it says otherwise."""

from dataclasses import dataclass
from typing import Any

from apps.common import reading
from apps.common.reading import Read
from apps.pages.errors import NoSuchContentError, NoSuchPageError
from apps.pages.models import Content, Page

BIGGEST_ID = 2**63 - 1
#: The one statement of a request for a page that this process has answered before. The edition is made of the versions
#: of the page and all that is on it, in their order; no two states of a page have the same.
STATE = Read(
    "pages_state",
    """
    SELECT
        encode(sha256(convert_to(
            page.version
                || coalesce(string_agg(content.id || ' ' || content.version, ',' ORDER BY content.place), ''),
            'UTF8')), 'hex'),
        string_agg(content.id::text, ',' ORDER BY content.place),
        string_agg(content.counter::text, ',' ORDER BY content.place)
    FROM pages_page AS page
    LEFT JOIN (
        SELECT content.page_id, content.id, content.version, content."order" AS place,
            coalesce(counter.value, 0) AS counter
        FROM pages_content AS content LEFT JOIN pages_counter AS counter ON counter.content_id = content.id
    ) AS content ON content.page_id = page.id
    WHERE page.id = %s
    GROUP BY page.id
    """,
)
NUMBER = Read("pages_number", "SELECT coalesce(sum(number), 0)::bigint FROM pages_pagedelta")


@dataclass(frozen=True)
class State:
    """A page at one moment.

    Attributes:
      edition: the fingerprint of the page and its contents; changes with each change of any of them.
      ids: of the contents in their order, joined by commas.
      counters: of the contents, in the same form.
    """

    edition: str
    ids: str
    counters: str


def state(page_id: int) -> State:
    """Raises NoSuchPageError."""
    row = reading.first_row(STATE, page_id) if 0 < page_id <= BIGGEST_ID else None
    if row is None:
        raise NoSuchPageError
    edition_, ids, counters = row
    return State(edition_, ids or "", counters or "")


def edition(page_id: int) -> str:
    """For whoever wants to know later whether somebody has changed the page since. Raises NoSuchPageError."""
    return state(page_id).edition


def page_by_id(page_id: int) -> Page:
    found = Page.objects.filter(pk=page_id).first() if 0 < page_id <= BIGGEST_ID else None
    if found is None:
        raise NoSuchPageError
    return found


def number_of_pages() -> int:
    """As quick for a million as for one."""
    return int(reading.first_row(NUMBER)[0])


def contents(page_id: int) -> list[Any]:
    """As what they are, in order: one query, and one more for each kind that occurs."""
    return list(Content.objects.filter(page=page_id).order_by("order", "id"))


def content_by_id(content_id: int) -> Any:
    """A content as what it is; one query more for its kind."""
    found = Content.objects.filter(pk=content_id).first() if 0 < content_id <= BIGGEST_ID else None
    if found is None:
        raise NoSuchContentError
    return found


def content_ids(page_id: int) -> list[int]:
    """In the page's order."""
    ordered = Content.objects.non_polymorphic().filter(page=page_id).order_by("order", "id")
    return list(ordered.values_list("pk", flat=True))
