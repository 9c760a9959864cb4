"""The answer: who spent most and which gems they share, exact, ordered, conditional, and never an old one."""

import gzip
import json
from decimal import Decimal
from typing import Any

import psycopg2
import pytest
from django.conf import settings as project_settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.deals import selectors
from apps.deals.models import Import
from tests.integration.deals.conftest import DEALS, Post, Top, csv_of, deal, run_import

pytestmark = pytest.mark.django_db

CUSTOMER = "/api/customer/"


@pytest.mark.parametrize("path", [DEALS, CUSTOMER])
def test_before_the_first_upload_the_list_is_empty(client: Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.content) == (200, b'{"response": []}')
    assert answer.headers["ETag"]


def test_the_five_who_spent_most_and_what_at_least_two_of_them_bought(post: Post, top: Top) -> None:
    post(
        csv_of(
            *[deal("anna", "Ruby", 10)] * 10,  # one customer, the same gem ten times
            deal("anna", "Opal", 1),
            deal("bob", "Opal", 90),
            deal("cleo", "Agate", 80),
            deal("dan", "Agate", 70),
            deal("dan", "Opal", 1),
            deal("eve", "Jade", 60),
            deal("fay", "Jade", 50),  # not one of the five, so Jade is not shared
        )
    )

    assert top() == [
        {"username": "anna", "spent_money": 101, "gems": ["Opal"]},
        {"username": "bob", "spent_money": 90, "gems": ["Opal"]},
        {"username": "cleo", "spent_money": 80, "gems": ["Agate"]},
        {"username": "dan", "spent_money": 71, "gems": ["Agate", "Opal"]},
        {"username": "eve", "spent_money": 60, "gems": []},
    ]


def test_of_equals_the_first_by_code_point_comes_first(post: Post, top: Top) -> None:
    # Locales sort letters without looking at their case first; code points do not.
    names = ["b", "a", "B", "ё", "я", "Я", "💎", "ﬀ"]
    post(csv_of(*[deal(name) for name in names]))

    assert [one["username"] for one in top()] == sorted(names)[:5] == ["B", "a", "b", "Я", "я"]


def test_gems_are_sorted_by_code_point(post: Post, top: Top) -> None:
    gems = ["ёлка", "Яшма", "агат", "Z", "a", "💎", "ﬀ"]
    post(csv_of(*[deal(customer, gem) for gem in gems for customer in ("anna", "bob")]))

    assert top()[0]["gems"] == sorted(gems) == ["Z", "a", "Яшма", "агат", "ёлка", "ﬀ", "💎"]


@pytest.mark.parametrize(
    ("totals", "text"),
    [
        (["612"], "612"),
        (["612.00"], "612"),
        (["10.50"], "10.5"),
        (["0.01", "0.02"], "0.03"),
        (["0.1"] * 3, "0.3"),
        (["0"], "0"),
        (["100"], "100"),
        (["999999999999.99"] * 1000, "999999999999990"),
        ([*["999999999999.99"] * 1000, "0.01"], "999999999999990.01"),  # which no double is
        (["999999999999.99", "0.02"], "1000000000000.01"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_money_is_exact_with_decimals_only_where_there_are_some(
    post: Post, client: Client, totals: list[str], text: str
) -> None:
    post(csv_of(*[deal("anna", "Ruby", total) for total in totals]))

    answer = client.get(DEALS)

    assert f'"spent_money": {text},' in answer.content.decode()
    assert json.loads(answer.content, parse_float=Decimal, parse_int=Decimal)["response"][0]["spent_money"] == Decimal(
        text
    )


def test_an_upload_never_influences_the_next_ones_answer(post: Post, top: Top) -> None:
    post(csv_of(deal("anna", "Ruby", 1_000)))
    post(csv_of(deal("bob")))

    assert [one["username"] for one in top()] == ["bob"]


def test_both_paths_answer_the_same(post: Post, client: Client) -> None:
    post(csv_of(deal("anna")))

    assert client.get(DEALS).content == client.get(CUSTOMER).content


def test_an_answer_has_a_strong_etag_and_is_to_be_asked_for_again(post: Post, client: Client) -> None:
    post(csv_of(deal("anna")))

    first = client.get(DEALS)
    again = client.get(DEALS, headers={"If-None-Match": first.headers["ETag"]})
    post(csv_of(deal("bob")))
    changed = client.get(DEALS, headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["ETag"].startswith('"')
    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


def test_the_same_answer_has_the_same_etag(post: Post, client: Client) -> None:
    post(csv_of(deal("anna", total=2)))
    etag = client.get(DEALS).headers["ETag"]
    post(csv_of(deal("anna", total=1), deal("anna", total=1)))

    assert client.get(DEALS, headers={"If-None-Match": etag}).status_code == 304


def test_a_precondition_that_fails_is_a_problem(post: Post, client: Client) -> None:
    answer = client.get(DEALS, headers={"If-Match": '"another"'})

    assert (answer.status_code, answer.json()["code"]) == (412, "precondition_failed")


def test_compressed_the_etag_is_weak_and_still_matches(post: Post, client: Client) -> None:
    post(csv_of(*[deal(name * 100) for name in "abcde"]))
    plain = client.get(DEALS)

    packed = client.get(DEALS, headers={"Accept-Encoding": "gzip"})
    again = client.get(DEALS, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert packed.headers["ETag"] == f"W/{plain.headers['ETag']}"
    assert {"Accept", "Accept-Encoding"} <= {name.strip() for name in packed.headers["Vary"].split(",")}
    assert again.status_code == 304


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_304_has_the_headers_that_tell_a_cache_which_of_its_copies_is_still_good(
    post: Post, client: Client, encoding: str
) -> None:
    post(csv_of(*[deal(name * 100) for name in "abcde"]))
    whole = client.get(DEALS, headers={"Accept-Encoding": encoding})

    again = client.get(DEALS, headers={"Accept-Encoding": encoding, "If-None-Match": whole.headers["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    for name in ("ETag", "Vary", "Cache-Control"):
        assert again.headers[name] == whole.headers[name]


def test_head_has_the_headers_alone(post: Post, client: Client) -> None:
    post(csv_of(deal("anna")))

    head, get = client.head(DEALS), client.get(DEALS)

    assert head.content == b""
    assert head.headers["ETag"] == get.headers["ETag"]
    assert head.headers["Content-Length"] == str(len(get.content))


def test_a_browser_gets_a_page(post: Post, client: Client) -> None:
    post(csv_of(deal("<b>anna</b>")))

    answer = client.get(DEALS, headers={"Accept": "text/html"})
    page = answer.content.decode()

    assert "&lt;b&gt;anna" in page
    assert "<b>anna" not in page
    assert answer.headers["Cache-Control"] == "no-cache"


def test_a_page_is_as_exact_as_the_answer(post: Post, client: Client) -> None:
    post(csv_of(*[deal("anna", total="999999999999.99")] * 1_000, deal("anna", total="0.01")))

    assert "999999999999990.01" in client.get(DEALS, headers={"Accept": "text/html"}).content.decode()


def test_one_small_statement_a_request(post: Post, client: Client) -> None:
    post(csv_of(deal("anna")))
    client.get(DEALS)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(DEALS)

    assert [query["sql"] for query in queries] == [selectors.ACTIVE.sql]


def test_the_statement_goes_through_an_index(post: Post) -> None:
    for number in range(3):
        post(csv_of(deal(f"customer{number}")))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {selectors.ACTIVE.sql}")

        assert "import_active_once" in str(cursor.fetchall())


def test_a_cold_process_finds_the_answer_in_redis_and_without_redis_in_the_table(
    post: Post, client: Client, top: Top
) -> None:
    post(csv_of(deal("anna")))
    expected = top()
    selectors.answer_bytes.cache_clear()

    with CaptureQueriesContext(connection) as out_of_redis:
        assert top() == expected
    cache.clear()
    selectors.answer_bytes.cache_clear()
    with CaptureQueriesContext(connection) as out_of_the_table:
        assert top() == expected

    assert (len(out_of_redis), len(out_of_the_table)) == (1, 2)


def test_what_redis_holds_is_not_believed(post: Post, top: Top) -> None:
    post(csv_of(deal("anna")))
    expected = top()
    cache.set(f"deals:answer:{Import.objects.get().etag}", b'{"response": ["wrong"]}')
    selectors.answer_bytes.cache_clear()

    assert top() == expected


def test_a_large_answer_is_not_sent_to_redis(post: Post, top: Top) -> None:
    post(csv_of(*[deal(f"{one}" * 100_000, f"{gem}" * 100_000) for one in range(5) for gem in range(3)]))

    assert len(top()[0]["gems"]) == 3
    assert cache.get(f"deals:answer:{Import.objects.get(status='active').etag}") is None


def test_a_page_and_an_answer_need_no_computation(post: Post, client: Client) -> None:
    """The deals themselves are never read for an answer."""
    run_import(csv_of(deal("anna")))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM deals_deal")

    assert client.get(DEALS).json()["response"][0]["username"] == "anna"


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_has_broken_is_replaced_unseen(client: Client) -> None:
    run_import(csv_of(deal("anna")))
    client.get(DEALS)
    pid: Any = connection.connection.get_backend_pid()
    other = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    with other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()
    assert project_settings.DATABASES["default"]["CONN_HEALTH_CHECKS"]

    assert client.get(DEALS).json()["response"][0]["username"] == "anna"
    assert connection.connection.get_backend_pid() != pid
