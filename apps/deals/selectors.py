"""What is read of imports and deals; each function is one query unless it says otherwise."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.cache import cache
from django.db.models import Count, Sum

from apps.common import reading
from apps.common.reading import Read
from apps.deals.errors import NoSuchImportError
from apps.deals.models import Deal, Import, Rows

BIGGEST_ID = 2**63 - 1
TOP = 5
#: The one statement of a GET; found by the index that lets one import be active.
ACTIVE = Read("deals_active", "SELECT id, etag FROM deals_import WHERE status = 'active'")
EMPTY_ANSWER = '{"response": []}'
#: An answer above this is not worth the way to Redis.
MOST_CACHED_BYTES = 1_000_000
CACHED_SECONDS = 86_400


@dataclass(frozen=True)
class Version:
    """Which answer is the right one: an import's (0: there is none yet), and the SHA-256 of its text."""

    import_id: int
    etag: str


NOTHING = Version(0, hashlib.sha256(EMPTY_ANSWER.encode()).hexdigest())


def active_version() -> Version:
    """Which answer is the right one now: that of the last import whose commit came before."""
    row = reading.first_row(ACTIVE)
    return Version(*row) if row else NOTHING


@lru_cache(maxsize=2)
def answer_bytes(version: Version) -> bytes:
    """The answer itself: out of this process, else out of Redis, else out of the import's row.

    What is kept is named by its own hash, so it can be old but never wrong, and nothing has to be invalidated.
    """
    if version == NOTHING:
        return EMPTY_ANSWER.encode()
    key = f"deals:answer:{version.etag}"
    cached = cache.get(key)
    if isinstance(cached, bytes) and hashlib.sha256(cached).hexdigest() == version.etag:
        return cached
    answer = Import.objects.values_list("answer", flat=True).get(pk=version.import_id).encode()
    if len(answer) <= MOST_CACHED_BYTES:
        cache.set(key, answer, CACHED_SECONDS)
    return answer


def import_by_id(import_id: int) -> Import:
    found = Import.objects.defer("answer").filter(pk=import_id).first() if import_id <= BIGGEST_ID else None
    if found is None:
        raise NoSuchImportError
    return found


def leaving_imports() -> list[int]:
    return list(Import.objects.filter(rows_are=Rows.LEAVING).order_by("turn").values_list("pk", flat=True))


def known_sources(names: list[str]) -> set[str]:
    """Which of these stored names are still waited for."""
    return set(Import.objects.filter(source__gt="", source__in=names).values_list("source", flat=True))


def top_customers(import_id: int) -> list[tuple[str, Decimal]]:
    """Who spent most, and how much. Of equals the first by code point."""
    spent = Deal.objects.filter(origin=import_id).values("customer").annotate(spent=Sum("total"))
    return list(spent.order_by("-spent", "customer").values_list("customer", "spent")[:TOP])


def shared_items(import_id: int, customers: list[str]) -> Iterator[tuple[str, list[str]]]:
    """What at least two of these customers bought, by code point, with those who did; read a few at a time, as names
    are long in some files."""
    bought = Deal.objects.filter(origin=import_id, customer__in=customers).values("item")
    shared = bought.annotate(number=Count("customer", distinct=True)).filter(number__gte=2)
    buyers = shared.annotate(buyers=ArrayAgg("customer", distinct=True))
    return buyers.order_by("item").values_list("item", "buyers").iterator(chunk_size=100)
