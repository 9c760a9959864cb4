"""Events are counted once, whatever happens between counting and applying them."""

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction

from apps.pages import processors
from apps.pages.models import Counter
from apps.tasks import drain, tally, tasks, watcher
from apps.tasks.bell import Mute
from apps.tasks.bell import redis_client as client_of
from apps.tasks.models import Invocation, TallyEntry, TallyMark
from apps.tasks.tally import Tally, _Source
from tests.integration.pages.conftest import Rival
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def events(redis_client: Any) -> Iterator[Tally]:
    """A tally of the test's own, which adds to the counters of contents."""
    made = Tally("test.events", processors.add_views)
    yield made
    tally.tallies().pop(made.name)


def counted() -> dict[int, int]:
    return dict(Counter.objects.values_list("content_id", "value"))


def lose_replies(events: Tally, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands arrive, and nobody hears of it."""
    send = events._source.send

    def send_and_hear_nothing(*command: str | int, lost_at: float) -> None:
        send(*command, lost_at=lost_at)
        raise redis.TimeoutError("no reply")

    monkeypatch.setattr(events._source, "send", send_and_hear_nothing)


def connect(events: Tally, url: str) -> None:
    events.client = client_of(url, timeout_seconds=0.5)
    events._source = _Source(events.client)


def go_away(events: Tally) -> None:
    connect(events, "redis://127.0.0.1:1/0")


def come_back(events: Tally) -> None:
    connect(events, settings.REDIS_URL)
    events._mute = Mute()


def test_each_id_of_an_event_gets_one_more(events: Tally) -> None:
    events.add("1,2")
    events.add("2,3")

    assert (drain.drain(events), drain.drain(events)) == (2, 0)
    assert counted() == {1: 1, 2: 2, 3: 1}


def test_more_events_than_a_batch_holds_are_all_applied(events: Tally, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain, "BATCH", 7)
    for _ in range(50):
        events.add("1")

    assert drain.drain(events) == 50
    assert counted() == {1: 50}


def test_what_was_applied_and_is_still_in_the_stream_is_not_applied_again(
    events: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_arguments: Any) -> None:
        raise redis.ConnectionError("killed after the commit")

    events.add("1")
    with monkeypatch.context() as patch, pytest.raises(redis.ConnectionError):
        patch.setattr(events.client, "xdel", die)
        drain.drain(events)
    events.add("1")

    drain.drain(events)

    assert counted() == {1: 2}


def test_a_drain_does_not_run_after_what_arrives_meanwhile(events: Tally) -> None:
    """Under load something always has: a transaction for every few events would be the price."""

    def apply_while_more_arrives(amounts: Any) -> None:
        Rival(lambda: events.add("1")).end()
        processors.add_views(amounts)

    events.apply = apply_while_more_arrives
    events.add("1")

    assert drain.drain(events) == 1
    assert events.client.xlen(events.key) == 1


def test_a_drain_that_fails_leaves_no_trace(events: Tally) -> None:
    def fail(_amounts: Any) -> None:
        raise ValueError("on purpose")

    events.add("1")
    events.apply = fail
    with pytest.raises(ValueError, match="on purpose"):
        drain.drain(events)
    assert not TallyMark.objects.exists()
    events.apply = processors.add_views

    drain.drain(events)

    assert counted() == {1: 1}


def test_without_redis_events_are_rows_and_are_applied_all_the_same(events: Tally) -> None:
    go_away(events)
    events.add("1")
    events.add("1,2")

    drain.drain(events)

    assert counted() == {1: 2, 2: 1}


def test_a_redis_that_is_away_is_not_asked_for_each_event(events: Tally) -> None:
    go_away(events)
    for _ in range(3):
        events.add("1")

    sources = TallyEntry.objects.order_by("pk").values_list("source", flat=True)
    assert [source is None for source in sources] == [False, True, True]


def test_an_event_without_an_answer_counts_once(events: Tally, monkeypatch: pytest.MonkeyPatch) -> None:
    events.add("1")
    with monkeypatch.context() as patch:
        lose_replies(events, patch)
        events.add("1")
    come_back(events)
    events.add("1")

    drain.drain(events)

    assert counted() == {1: 3}


def test_an_event_that_never_arrived_counts_though_its_thread_went_on(events: Tally) -> None:
    go_away(events)
    events.add("1")
    come_back(events)
    events.add("1")

    drain.drain(events)

    assert counted() == {1: 2}


def test_an_event_that_was_applied_as_a_row_and_turns_up_in_the_stream_counts_once(
    events: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_replies(events, monkeypatch)
    events.add("1")
    ((position, fields),) = events.client.xrange(events.key)
    events.client.xdel(events.key, position)
    drain.drain(events)

    events.client.execute_command("XADD", events.key, "*", *(part for pair in fields.items() for part in pair))
    drain.drain(events)

    assert counted() == {1: 1}
    assert events.client.xlen(events.key) == 0


def test_an_event_that_was_applied_before_its_row_was_written_counts_once(
    events: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = events._write_row

    def apply_first(*arguments: Any) -> None:
        drain.drain(events)
        write(*arguments)

    monkeypatch.setattr(events, "_write_row", apply_first)
    lose_replies(events, monkeypatch)
    events.add("1")

    drain.drain(events)

    assert counted() == {1: 1}


def test_what_a_source_sent_before_is_counted_though_its_last_event_was_applied_as_a_row(
    events: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    events.add("1")
    events.add("1")
    with monkeypatch.context() as patch:
        lose_replies(events, patch)
        events.add("1")
    go_away(events)
    drain.drain(events)
    assert counted() == {1: 1}

    come_back(events)
    drain.drain(events)

    assert counted() == {1: 3}


def test_a_wiped_redis_counts_on(events: Tally, redis_client: Any) -> None:
    events.add("1")
    drain.drain(events)
    redis_client.flushall()
    events.add("1")

    drain.drain(events)

    assert counted() == {1: 2}


def test_a_forked_process_has_a_source_of_its_own(events: Tally) -> None:
    events.add("1")
    child = os.fork()
    if child == 0:
        events.add("1")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    events.add("1")

    drain.drain(events)

    assert counted() == {1: 3}
    assert TallyMark.objects.count() == 2


def close_connections(redis: Any) -> None:
    """As a Redis does that closes what is idle, or that was started again."""
    redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def test_a_connection_that_has_rested_too_long_is_not_used_again(
    events: Tally, redis_client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    events.add("1")
    close_connections(redis_client)
    monkeypatch.setattr(_Source, "LONGEST_REST_SECONDS", 0.0)

    events.add("1")

    assert (redis_client.xlen(events.key), TallyEntry.objects.count()) == (2, 0)


def test_when_a_thread_has_lost_its_connection_the_others_trust_theirs_no_more(
    events: Tally, redis_client: Any
) -> None:
    events.add("1")

    def lose() -> None:
        events.add("1")
        close_connections(redis_client)
        events.add("1")

    assert Rival(lose).end() is None
    events._mute = Mute()
    events.add("1")

    assert (redis_client.xlen(events.key), TallyEntry.objects.count()) == (3, 1)


def test_drains_take_turns(events: Tally) -> None:
    events.add("1")
    results: list[int] = []
    with transaction.atomic():
        assert drain.take_turn(events)
        assert Rival(lambda: results.append(drain.drain(events))).end() is None

    assert (results, counted()) == ([0], {})
    assert drain.drain(events) == 1


@pytest.mark.parametrize(("days", "left"), [(0, True), (2, False)])
def test_what_was_applied_long_ago_is_forgotten_once_the_stream_is_empty(events: Tally, days: int, left: bool) -> None:
    go_away(events)
    events.add("1")
    come_back(events)
    events.add("1")
    drain.drain(events)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tasks_tallymark SET marked_at = marked_at - %s * interval '1 day'", [days])
        cursor.execute("UPDATE tasks_tallyentry SET applied_at = applied_at - %s * interval '1 day'", [days])

    drain.forget(events)

    assert (TallyMark.objects.exists(), TallyEntry.objects.exists()) == (left, left)


def test_what_was_applied_long_ago_is_remembered_while_redis_is_away(events: Tally) -> None:
    events.add("1")
    drain.drain(events)
    TallyMark.objects.update(marked_at="2020-01-01T00:00:00Z")
    go_away(events)

    drain.forget(events)

    assert TallyMark.objects.exists()


def test_what_was_applied_long_ago_is_remembered_while_something_is_left_in_the_stream(events: Tally) -> None:
    events.add("1")
    drain.drain(events)
    TallyMark.objects.update(marked_at="2020-01-01T00:00:00Z")
    events.add("1")

    drain.forget(events)

    assert TallyMark.objects.exists()


def test_a_row_that_redis_was_never_asked_for_is_gone_once_it_is_applied(events: Tally) -> None:
    go_away(events)
    events.add("1")
    events.add("1")

    drain.drain(events)

    assert counted() == {1: 2}
    assert [entry.source is None for entry in TallyEntry.objects.all()] == [False]


def test_the_watcher_sends_one_task_and_does_it_itself_when_nobody_else_does(events: Tally) -> None:
    looking = watcher.Watcher()
    looking.PAUSE_SECONDS = 0.0
    events.add("1")

    looking._look(looking._wait())
    looking._look(looking._wait())

    assert list(Invocation.objects.values_list("id", "status")) == [(f"{tasks.drain_tally.name}:test.events", "queued")]
    assert counted() == {}
    deadline = time.monotonic() + 5
    while not counted() and time.monotonic() < deadline:
        looking._look(looking._wait())
    assert counted() == {1: 1}


def test_the_watcher_outlives_a_tally_that_fails(events: Tally) -> None:
    def fail_once(amounts: Any) -> None:
        events.apply = processors.add_views
        raise ValueError("on purpose")

    events.apply = fail_once
    looking = watcher.Watcher()
    looking.LATE_SECONDS = looking.PAUSE_SECONDS = looking.WITHOUT_REDIS_SECONDS = 0.0
    looking.IDLE_SECONDS = 0.1
    events.add("1")
    rival = Rival(looking._run)

    try:
        wait_until(lambda: counted() == {1: 1}, 10, "the event is applied after all")
    finally:
        looking.close()
        assert rival.end() is None


def test_no_drain_is_part_of_a_transaction_that_may_be_rolled_back(events: Tally) -> None:
    events.add("1")

    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        drain.drain(events)

    assert events.client.xlen(events.key) == 1


def test_the_watcher_sees_rows_when_there_is_no_redis(events: Tally, monkeypatch: pytest.MonkeyPatch) -> None:
    looking = watcher.Watcher()
    looking.PAUSE_SECONDS = looking.WITHOUT_REDIS_SECONDS = 0.0
    monkeypatch.setattr(looking, "_client", client_of("redis://127.0.0.1:1/0", timeout_seconds=0.2))
    go_away(events)
    events.add("1")

    looking._look(looking._wait())

    assert Invocation.objects.filter(status="queued").count() == 1
