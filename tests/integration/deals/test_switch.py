"""Which import is answered from, whichever is ready first; what is kept of the others."""

from typing import Any

import psycopg2
import pytest
from django.db import IntegrityError, connection, transaction

from apps.deals import lifecycle, services, tasks
from apps.deals.errors import AlreadyActiveError, NotKeptError, OtherImportError
from apps.deals.models import Deal, Import
from apps.deals.processors import importing, removal
from apps.tasks.models import Invocation
from tests.integration.deals.conftest import Post, Top, accept, csv_of, deal, run_import

pytestmark = pytest.mark.django_db


def state(import_: Import) -> tuple[str, str]:
    import_.refresh_from_db()
    return import_.status, import_.rows_are


def customers(import_: Import) -> list[str]:
    return list(Deal.objects.filter(origin=import_).values_list("customer", flat=True))


def test_of_two_imports_at_once_the_one_accepted_later_wins_though_it_is_ready_first(top: Top) -> None:
    before = run_import(csv_of(deal("before")))
    early, early_stream = accept(csv_of(deal("early")))
    late, late_stream = accept(csv_of(deal("late")))

    importing.import_deals(late, late_stream)
    importing.import_deals(early, early_stream)

    assert [one["username"] for one in top()] == ["late"]
    # As if each had been in time: the last replaced one is the early one, and it is kept.
    assert state(late) == ("active", "stored")
    assert state(early) == ("superseded", "stored")
    assert state(before) == ("superseded", "leaving")
    assert customers(early) == ["early"]


def test_in_the_other_order_everything_ends_the_same(top: Top) -> None:
    before = run_import(csv_of(deal("before")))
    early, early_stream = accept(csv_of(deal("early")))
    late, late_stream = accept(csv_of(deal("late")))

    importing.import_deals(early, early_stream)
    importing.import_deals(late, late_stream)

    assert [one["username"] for one in top()] == ["late"]
    assert [state(one) for one in (before, early, late)] == [
        ("superseded", "leaving"),
        ("superseded", "stored"),
        ("active", "stored"),
    ]


def test_an_overtaken_upload_is_told_so(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the request reads its file another one is accepted and imported."""
    import_deals = importing.import_deals

    def overtake(import_: Import, stream: Any) -> None:
        monkeypatch.setattr(importing, "import_deals", import_deals)
        run_import(csv_of(deal("late")))
        import_deals(import_, stream)

    monkeypatch.setattr(importing, "import_deals", overtake)

    answer = post(csv_of(deal("early"), deal("early")))

    assert answer.status_code == 200
    early = Import.objects.earliest("turn")
    assert answer.json() == {
        "Status": "OK",
        "import_id": early.pk,
        "deals": 2,
        "ignored_columns": [],
        "superseded": True,
    }


def test_a_failed_import_replaces_nothing(top: Top) -> None:
    good = run_import(csv_of(deal("good")))

    failed = run_import(csv_of("a,b,x,1,2018-12-14"))

    assert state(failed) == ("failed", "none")
    assert state(good) == ("active", "stored")
    assert [one["username"] for one in top()] == ["good"]
    assert Deal.objects.count() == 1


def test_the_last_replaced_import_keeps_its_deals_and_those_before_lose_theirs() -> None:
    first, second, third = (run_import(csv_of(deal(name))) for name in ("first", "second", "third"))

    removal.remove_leaving()

    assert [state(one) for one in (first, second, third)] == [
        ("superseded", "removed"),
        ("superseded", "stored"),
        ("active", "stored"),
    ]
    assert list(Deal.objects.order_by("customer").values_list("customer", flat=True)) == ["second", "third"]


def test_deals_are_removed_in_batches_and_again_without_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "BATCH_ROWS", 3)
    old = run_import(csv_of(*[deal(f"old{number}") for number in range(10)]))
    run_import(csv_of(deal("kept")))
    run_import(csv_of(deal("new")))

    assert [removal.remove_leaving(), removal.remove_leaving()] == [1, 0]

    assert state(old) == ("superseded", "removed")
    assert not customers(old)
    assert Deal.objects.count() == 2


def test_a_removal_that_was_cut_short_is_finished_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    old = run_import(csv_of(*[deal(f"old{number}") for number in range(10)]))
    run_import(csv_of(deal("kept")))
    run_import(csv_of(deal("new")))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM deals_deal WHERE customer < 'old5'")

    tasks.tidy_up()

    assert state(old) == ("superseded", "removed")
    assert not customers(old)


def test_the_removal_is_sent_where_there_is_something_to_remove(post: Post) -> None:
    for number in range(3):
        assert not Invocation.objects.exists()
        post(csv_of(deal(f"customer{number}")))

    assert Invocation.objects.get().actor == "deals.remove_replaced"


def test_the_last_replaced_import_can_be_made_active_again(top: Top) -> None:
    first, second = (run_import(csv_of(deal(name))) for name in ("first", "second"))

    services.make_active_again(first.pk)

    assert [one["username"] for one in top()] == ["first"]
    assert state(first) == ("active", "stored")
    assert state(second) == ("superseded", "stored")
    services.make_active_again(second.pk)
    assert [one["username"] for one in top()] == ["second"]


def test_making_one_active_again_is_a_turn_of_its_own(top: Top) -> None:
    first, _ = (run_import(csv_of(deal(name))) for name in ("first", "second"))
    accepted_before, stream = accept(csv_of(deal("accepted before")))
    services.make_active_again(first.pk)
    accepted_after, later_stream = accept(csv_of(deal("accepted after")))

    importing.import_deals(accepted_before, stream)

    assert state(accepted_before)[0] == "superseded"
    assert [one["username"] for one in top()] == ["first"]
    importing.import_deals(accepted_after, later_stream)
    assert [one["username"] for one in top()] == ["accepted after"]


def test_only_an_import_whose_deals_are_kept_can_be_made_active() -> None:
    first, _, active = (run_import(csv_of(deal(name))) for name in ("first", "second", "third"))
    failed = run_import(b"nonsense")

    for one in (first, failed):
        with pytest.raises(NotKeptError):
            services.make_active_again(one.pk)
    with pytest.raises(AlreadyActiveError):
        services.make_active_again(active.pk)


def test_an_import_that_somebody_has_ended_stores_nothing() -> None:
    import_, stream = accept(csv_of(deal("anna")))
    lifecycle.fail(import_.pk, [lifecycle.fault("interrupted", "gone")])

    with pytest.raises(OtherImportError), transaction.atomic():
        importing.import_deals(import_, stream)

    assert state(import_) == ("failed", "none")
    assert not Deal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_ended_in_the_middle_of_its_switch_switches_nothing(
    top: Top, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = run_import(csv_of(deal("good")))
    import_, stream = accept(csv_of(deal("late")))
    supersede = lifecycle._supersede_active

    def end_it_first() -> None:
        with psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
            other.cursor().execute("UPDATE deals_import SET status = 'failed' WHERE id = %s", [import_.pk])
        other.close()
        supersede()

    monkeypatch.setattr(lifecycle, "_supersede_active", end_it_first)

    with pytest.raises(OtherImportError):
        importing.import_deals(import_, stream)

    assert [one["username"] for one in top()] == ["good"]
    assert [state(one) for one in (good, import_)] == [("active", "stored"), ("failed", "none")]
    assert customers(import_) == []


@pytest.mark.parametrize("lost", ["all", "the end", "a block"])
def test_rows_that_do_not_reach_the_table_are_missed(lost: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import_, stream = accept(csv_of(*[deal(f"customer{number}") for number in range(10_000)]))
    read = importing.Source.read
    calls: list[int] = []

    def lose(source: importing.Source, size: int) -> bytes:
        calls.append(size)
        if lost == "all" or (lost == "the end" and len(calls) > 1):
            return b""
        return b"%d\tanna\tRuby\t1\t1\t2018-12-14\n" % import_.pk if read(source, size) else b""

    monkeypatch.setattr(importing.Source, "read", lose)

    with pytest.raises(importing.RowsLostError), transaction.atomic():
        importing.import_deals(import_, stream)

    assert state(import_) == ("importing", "none")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE deals_import SET status = 'active', finished_at = now(), rows_are = 'stored', etag = 'x'",
        "UPDATE deals_import SET status = 'unknown'",
        "UPDATE deals_import SET rows_are = 'unknown'",
        "UPDATE deals_import SET progress = 101",
        "UPDATE deals_import SET rows_are = 'leaving' WHERE status = 'active'",
        "UPDATE deals_import SET etag = '' WHERE status = 'active'",
        "UPDATE deals_import SET turn = 1",
        "UPDATE deals_deal SET total = -1",
        "UPDATE deals_deal SET quantity = 0",
        "UPDATE deals_deal SET customer = ''",
        "UPDATE deals_deal SET item = ''",
    ],
)
def test_the_database_holds_the_rules_by_itself(statement: str) -> None:
    run_import(csv_of(deal("anna")))
    run_import(csv_of(deal("bob")))

    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute(statement)
