"""The service agrees with a model of a few lines of plain Python on 1 000 random datasets."""

import csv
import io
import json
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.integration.deals.conftest import DEALS, HEADER, run_import

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

Deal = tuple[str, str, Decimal]

#: Few of each, so that sums are equal, gems are shared and fewer than five customers are common; names with all that
#: CSV, COPY and JSON have to escape, and some that only code points put in order.
CUSTOMERS = st.sampled_from(
    ["anna", "Anna", "bob,jr", 'the "cat"', "ёж", "яна", "Яна", "\\N", "💎", "a\nb", "=1+1", "ﬀ"]
)
GEMS = st.sampled_from(
    ["Рубин", "рубин", "Ruby", "Агат, голубой", '5" pearl', "ёлка", "\\.", "\t", "a\\b", "💎"]
).filter(str.strip)
TOTALS = st.one_of(
    st.sampled_from([Decimal("0"), Decimal("0.01"), Decimal("100"), Decimal("99.99"), Decimal("0.50")]),
    st.decimals(0, Decimal("999999999999.99"), places=2),
)
DATASETS = st.lists(st.tuples(CUSTOMERS, GEMS, TOTALS), min_size=1, max_size=40)


def model(deals: list[Deal]) -> list[dict[str, Any]]:
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for customer, _, total in deals:
        spent[customer] += total
    top = sorted(spent, key=lambda customer: (-spent[customer], customer))[:5]
    bought = {customer: {gem for who, gem, _ in deals if who == customer} for customer in top}
    return [
        {
            "username": customer,
            "spent_money": spent[customer],
            "gems": sorted(gem for gem in bought[customer] if sum(gem in other for other in bought.values()) >= 2),
        }
        for customer in top
    ]


def as_csv(deals: list[Deal]) -> bytes:
    text = io.StringIO(newline="")
    text.write(f"{HEADER}\r\n")
    csv.writer(text).writerows((customer, gem, total, 1, "2018-12-14") for customer, gem, total in deals)
    return text.getvalue().encode()


@pytest.fixture
def replaced() -> None:
    """An import for every dataset to replace."""
    run_import(as_csv([("anna", "Ruby", Decimal(100)), ("яна", "Ruby", Decimal(1))]))


@settings(
    max_examples=1_000,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deals=DATASETS)
def test_the_answer_is_that_of_the_model(client: Client, replaced: None, deals: list[Deal]) -> None:
    with transaction.atomic():
        imported = run_import(as_csv(deals))
        answer = client.get(DEALS)
        transaction.set_rollback(True)  # a thousand datasets on top of each other make each one slower

    assert imported.rows == len(deals)
    assert json.loads(answer.content, parse_float=Decimal, parse_int=Decimal)["response"] == model(deals)
