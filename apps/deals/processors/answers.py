"""The answer of an import: computed once, in PostgreSQL, in the transaction that stores its deals."""

import hashlib
import json
from decimal import Decimal

from apps.deals import selectors


def compute(import_id: int) -> str:
    """The text that GET sends: the customers who spent most, each with what at least two of them bought."""
    top = selectors.top_customers(import_id)
    gems: dict[str, list[str]] = {customer: [] for customer, _ in top}
    for item, buyers in selectors.shared_items(import_id, list(gems)):
        for buyer in buyers:
            gems[buyer].append(item)
    customers = [_customer(customer, spent, gems[customer]) for customer, spent in top]
    return f'{{"response": [{", ".join(customers)}]}}'


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
