"""What is read of pages; each function is one query unless it says otherwise."""

from typing import Any

from django.db import connection

from apps.pages.errors import NoSuchContentError, NoSuchPageError
from apps.pages.models import Content, Page

BIGGEST_ID = 2**63 - 1
#: The page and all that is on it, by their versions: no two states of a page have the same.
EDITION = """
SELECT encode(sha256(convert_to(
    page.version || coalesce((
        SELECT string_agg(id || ' ' || version, ',' ORDER BY "order", id)
        FROM pages_content WHERE page_id = page.id
    ), ''), 'UTF8')), 'hex')
FROM pages_page AS page WHERE page.id = %s
"""


def page_by_id(page_id: int) -> Page:
    found = Page.objects.filter(pk=page_id).first() if 0 < page_id <= BIGGEST_ID else None
    if found is None:
        raise NoSuchPageError
    return found


def edition(page_id: int) -> str:
    """The fingerprint of a page and all its contents, in their order. It changes with each change of any of them."""
    with connection.cursor() as cursor:
        cursor.execute(EDITION, [page_id])
        row = cursor.fetchone()
    if row is None:
        raise NoSuchPageError
    return str(row[0])


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
