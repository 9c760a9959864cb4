"""The answer of an import: computed once, in PostgreSQL, in the transaction that stores its deals."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.db import connection

from apps.deals import selectors


def compute(import_id: int) -> str:
    """The text that GET sends: the customers who spent most, each with what at least two of them bought."""
    with _hashing():
        top = selectors.top_customers(import_id)
        shared = selectors.shared_items(import_id, [customer for customer, _ in top])
    gems: dict[str, list[str]] = {customer: [] for customer, _ in top}
    for item, buyers in shared:
        for buyer in buyers:
            gems[buyer].append(item)
    customers = [_customer(customer, spent, gems[customer]) for customer, spent in top]
    return f'{{"response": [{", ".join(customers)}]}}'


@contextmanager
def _hashing() -> Iterator[None]:
    """Group by hashing, within a transaction. PostgreSQL has no statistics on rows that came a moment ago, takes them
    for one, and would sort them all: twice the time at a million rows, and on disk."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_sort = off")
        yield
        cursor.execute("SET LOCAL enable_sort TO DEFAULT")


def etag(answer: str) -> str:
    return hashlib.sha256(answer.encode()).hexdigest()


def _customer(name: str, spent: Decimal, gems: list[str]) -> str:
    """Put together by hand because `json` has no exact decimals."""
    return f'{{"username": {_text(name)}, "spent_money": {_money(spent)}, "gems": {_text(gems)}}}'


def _money(amount: Decimal) -> str:
    """Exact, with decimals only where there are some."""
    plain = f"{amount:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _text(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)
