"""Writing: what changes a page or what is on it.

The rule: whoever writes contents holds their page's lock, and who needs several pages locks them in the order of their
ids; so orders stay 0, 1, 2, … and nobody waits in a circle. Counters are not touched here.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from django.db import connection, transaction
from django.db.models import Field

from apps.pages import selectors, tasks
from apps.pages.errors import NoSuchPageError, OtherContentsError, OtherEditionError
from apps.pages.models import Content, Page

#: A copy has its own of these.
OWN = {"id", "page", "order", "version", "polymorphic_ctype"}
#: Locks nothing but its page's rows, which the page's lock guards.
WRITE_ORDER = """
UPDATE pages_content AS content SET "order" = place.number - 1
FROM unnest(%s::bigint[]) WITH ORDINALITY AS place (id, number)
WHERE content.id = place.id AND content.page_id = %s AND content."order" <> place.number - 1
"""


@contextmanager
def changing(*page_ids: int, edition: str | None = None) -> Iterator[None]:
    """A transaction in which these pages are changed by nobody else.

    With `edition`, of one page, it has to be the one that the caller saw. Raises NoSuchPageError, OtherEditionError.
    """
    with transaction.atomic():
        wanted = sorted(set(page_ids))
        pages = Page.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
        if [page.pk for page in pages] != wanted:
            raise NoSuchPageError
        if edition is not None and selectors.edition(wanted[0]) != edition:
            raise OtherEditionError
        yield


def count_view(content_ids: str) -> None:
    """One more for each of these, joined by commas; to be applied by a worker."""
    if content_ids:
        tasks.VIEWS.add(content_ids)


def create_page(*, title: str) -> Page:
    return Page.objects.create(title=title)


def delete_page(page_id: int) -> None:
    """With all that is on it."""
    with changing(page_id):
        Page.objects.get(pk=page_id).delete()


def create_content(model: type[Content], page_id: int, **fields: Any) -> Any:
    """At the end of the page."""
    with changing(page_id):
        return _append(model(**fields), page_id)


def delete_content(content_id: int) -> None:
    """Close the gap as well, on whatever page it is once its lock is held."""
    while True:
        with suppress(OtherEditionError), _changing_page_of(content_id) as content:
            content.delete()
            write_order(content.page_id, selectors.content_ids(content.page_id))
            return


def reorder(page_id: int, content_ids: Sequence[int]) -> None:
    """Raises OtherContentsError when these are not the contents of the page, each once."""
    with changing(page_id):
        if sorted(content_ids) != sorted(selectors.content_ids(page_id)):
            raise OtherContentsError
        write_order(page_id, content_ids)


def save_contents(
    page_id: int, *, contents: Sequence[Content], changed: Collection[Content], removed: Collection[Content]
) -> None:
    """What an editor has made of a page: new contents and changed ones, in this order, without the removed ones.

    Contents that are named nowhere stay, at the end.
    """
    with changing(page_id):
        for content in removed:
            content.delete()
        for content in contents:
            if content._state.adding:
                _append(content, page_id)
            elif content in changed:
                content.save()
        named = [content.pk for content in contents]
        others = [content_id for content_id in selectors.content_ids(page_id) if content_id not in set(named)]
        write_order(page_id, [*named, *others])


def copy_content(content_id: int, page_id: int) -> Any:
    """To the end of a page, the same or another one. The copy has been seen by nobody yet."""
    with changing(page_id):
        original = selectors.content_by_id(content_id)
        return _append(
            type(original)(**{field.name: getattr(original, field.name) for field in _copied(original)}), page_id
        )


def move_content(content_id: int, page_id: int) -> None:
    """To the end of another page, with its counter. On its own page it stays where it is."""
    with _changing_page_of(content_id, page_id) as content:
        if content.page_id == page_id:
            return
        end = len(selectors.content_ids(page_id))
        Content.objects.non_polymorphic().filter(pk=content_id).update(page=page_id, order=end)
        write_order(content.page_id, selectors.content_ids(content.page_id))


def write_order(page_id: int, content_ids: Sequence[int]) -> None:
    """Number the contents of a page anew; for those who hold its lock."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE_ORDER, [list(content_ids), page_id])


@contextmanager
def _changing_page_of(content_id: int, *page_ids: int) -> Iterator[Content]:
    """The content, while its page is changed by nobody else, nor are these.

    Raises NoSuchContentError, and OtherEditionError when it was moved while the lock was waited for.
    """
    page_id = selectors.content_by_id(content_id).page_id
    with changing(page_id, *page_ids):
        content = selectors.content_by_id(content_id)
        if content.page_id != page_id:
            raise OtherEditionError
        yield content


def _append(content: Content, page_id: int) -> Content:
    content.page_id = page_id
    content.save(force_insert=True)  # which gives it the next order
    return content


def _copied(content: Content) -> list["Field[Any, Any]"]:
    concrete = type(content)._meta.concrete_fields
    return [field for field in concrete if field.name not in OWN and not field.primary_key]
