"""The answer of an import: computed once, in PostgreSQL, in the transaction that stores its deals."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from django.db import connection

from apps.deals import selectors

#: Of the gems in one answer, in characters of JSON; they are held in memory by who imports and by who reads.
MOST_CHARACTERS = 4 * 2**20
QUOTED_CHARACTERS = len('"", ')


class AnswerTooLargeError(Exception):
    """What the customers bought together is more than an answer holds."""


def compute(import_id: int) -> str:
    """The text that GET sends: the customers who spent most, each with what at least two of them bought.

    Raises AnswerTooLargeError."""
    with _hashing():
        top = selectors.top_customers(import_id)
        gems = _gems(import_id, [customer for customer, _ in top])
    customers = [_customer(customer, spent, gems[customer]) for customer, spent in top]
    return f'{{"response": [{", ".join(customers)}]}}'


def _gems(import_id: int, customers: list[str]) -> dict[str, list[str]]:
    gems: dict[str, list[str]] = {customer: [] for customer in customers}
    left = MOST_CHARACTERS
    for item, buyers in selectors.shared_items(import_id, customers):
        left -= (len(item) + QUOTED_CHARACTERS) * len(buyers)
        if left < 0:
            raise AnswerTooLargeError
        for buyer in buyers:
            gems[buyer].append(item)
    return gems


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
