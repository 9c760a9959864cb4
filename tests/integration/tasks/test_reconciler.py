"""Who is taken for dead, and when."""

import time

import pytest
from django.db import OperationalError, connection

from apps.tasks import leases, reconciler
from apps.tasks.bell import Bell
from apps.tasks.identity import Identity
from apps.tasks.keeper import Departure, Keeper
from apps.tasks.reconciler import LEASE_SECONDS, LONGEST_TURN_SECONDS, Reconciler
from apps.tasks.states import Status
from tests.support.clocks import HandClock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock(monkeypatch):
    """The judge's monotonic clock, moved by hand."""
    clock = HandClock()
    monkeypatch.setattr(reconciler, "time", clock)
    return clock


@pytest.fixture
def judge(settings, clock):
    return Reconciler(Bell(settings.REDIS_URL))


@pytest.fixture
def let_pass(judge, clock):
    """Rounds, a second apart, as a supervisor makes them; `also` is done before each."""

    def pass_time(seconds, also=lambda: None):
        for _ in range(int(seconds)):
            clock.now += 1
            also()
            judge.round()

    return pass_time


def test_a_silent_worker_is_taken_back_after_one_lease(judge, let_pass, insert, claim, worker, row):
    invocation_id = insert()
    claim()
    judge.round()
    let_pass(LEASE_SECONDS - 1)
    assert row(invocation_id).status == Status.RUNNING

    let_pass(1)

    assert row(invocation_id).status == Status.QUEUED
    assert row(invocation_id).deaths == 1


def test_a_worker_whose_counter_moves_is_left_alone(judge, clock, let_pass, insert, claim, worker, row):
    invocation_id = insert()
    claim()
    for _ in range(10):
        let_pass(LEASE_SECONDS - 1)
        leases.renew([worker])

    assert row(invocation_id).status == Status.RUNNING


def test_a_judge_that_was_paused_has_not_seen_who_was_silent(judge, clock, let_pass, worker):
    judge.round()
    clock.now += 2 * LEASE_SECONDS
    judge.round()
    let_pass(LEASE_SECONDS - 1)
    assert leases.beats() == {worker: 0}

    let_pass(1)

    assert leases.beats() == {}


@pytest.mark.parametrize("failing", ["beats", "renew", "take_back"])
def test_after_an_outage_a_full_lease_passes_before_anybody_is_judged(settings, clock, worker, failing, monkeypatch):
    """Whichever of the supervisor's statements is the first to notice the outage."""
    keeper = Keeper(Bell(settings.REDIS_URL))
    monkeypatch.setattr("apps.tasks.keeper.time", clock)

    def supervise():
        clock.now += 1
        keeper.settle()
        keeper.renew({"mine"})
        keeper.reconcile()

    keeper.enrol(Identity(worker="mine"))
    for _ in range(int(LEASE_SECONDS) - 2):
        supervise()
    with monkeypatch.context() as outage:
        outage.setattr(leases, failing, lambda *_, **__: (_ for _ in ()).throw(OperationalError("away")))
        keeper.depart(Departure(identity=Identity(worker="gone"), died=True, reason="test"))
        with pytest.raises(OperationalError):
            for _ in range(4):
                supervise()
        keeper.lose_touch()
    for _ in range(int(LEASE_SECONDS) - 1):
        supervise()
    assert worker in leases.beats()

    for _ in range(2):
        supervise()

    assert set(leases.beats()) == {"mine"}


@pytest.fixture
def paused(insert, claim, worker):
    """The session of a worker that was paused when it had written an end and not committed it."""
    held = insert()
    claim()
    paused = connection.copy()
    with paused.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("UPDATE tasks_invocation SET status = 'succeeded' WHERE id = %s", [held])
    yield paused
    paused.close()


def test_a_departed_worker_whose_rows_are_held_keeps_neither_its_siblings_leases_nor_other_departures(
    settings, paused, insert, claim, row, worker
):
    keeper = Keeper(Bell(settings.REDIS_URL))
    keeper.enrol(Identity(worker="sibling"))
    keeper.enrol(Identity(worker="crashed"))
    of_crashed = insert()
    claim("crashed")
    keeper.depart(Departure(identity=Identity(worker=worker), died=True, reason="test"))
    keeper.depart(Departure(identity=Identity(worker="crashed"), died=True, reason="test"))

    began = time.monotonic()
    assert keeper.settle() == []
    assert time.monotonic() - began < LEASE_SECONDS / 4
    assert keeper.renew({"sibling"}) == set()
    assert [settled.departure.identity.worker for settled in keeper.settle()] == ["crashed"]
    assert row(of_crashed).status == Status.QUEUED
    assert not keeper.is_settled()

    paused.close()
    assert [settled.taken_back for settled in keeper.settle()] == [1]
    assert keeper.is_settled()


def test_a_silent_worker_whose_rows_are_held_is_taken_back_as_soon_as_they_are_not(judge, let_pass, paused, worker):
    """Held rows are no outage: who was silent stays known."""
    judge.round()
    let_pass(LEASE_SECONDS + 1)
    assert worker in leases.beats()

    paused.close()
    let_pass(1)

    assert leases.beats() == {}


@pytest.fixture
def other():
    """The database session of another supervisor."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
        yield cursor
    other.close()


def test_nobody_acts_while_it_is_anothers_turn(judge, let_pass, worker, other):
    judge.round()
    let_pass(LEASE_SECONDS - 1)
    other.execute("SELECT pg_advisory_lock(%s)", [reconciler.ADVISORY_LOCK])
    let_pass(LONGEST_TURN_SECONDS)
    assert leases.beats() == {worker: 0}

    other.execute("SELECT pg_advisory_unlock(%s)", [reconciler.ADVISORY_LOCK])
    let_pass(1)

    assert leases.beats() == {}


def test_a_turn_that_does_not_end_is_not_waited_for_long(judge, let_pass, worker, other):
    judge.round()
    other.execute("SELECT pg_advisory_lock(%s)", [reconciler.ADVISORY_LOCK])
    let_pass(LEASE_SECONDS + 1)
    assert leases.beats() == {worker: 0}

    let_pass(LONGEST_TURN_SECONDS)

    assert leases.beats() == {}


def test_who_was_passed_over_for_long_goes_on_until_all_is_done(judge, let_pass, paused, worker, other):
    judge.round()
    other.execute("SELECT pg_advisory_lock(%s)", [reconciler.ADVISORY_LOCK])
    let_pass(LEASE_SECONDS + LONGEST_TURN_SECONDS + 1)
    assert worker in leases.beats()

    paused.close()
    let_pass(1)

    assert leases.beats() == {}


def test_after_a_round_it_is_anothers_turn(judge, other):
    judge.round()

    other.execute("SELECT pg_try_advisory_lock(%s)", [reconciler.ADVISORY_LOCK])
    assert other.fetchone() == (True,)
