"""Who is taken for dead, and when."""

import pytest
from django.db import OperationalError, connection

from apps.tasks import ledger, reconciler, schedules
from apps.tasks.bell import Bell
from apps.tasks.errors import InvocationExistsError
from apps.tasks.reconciler import LEASE_SECONDS, Reconciler
from apps.tasks.states import Status
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock(monkeypatch):
    """The judge's monotonic clock, moved by hand."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

        def time(self):
            return 0.0

    clock = Clock()
    monkeypatch.setattr(reconciler, "time", clock)
    return clock


@pytest.fixture
def judge(settings):
    yield Reconciler(Bell(settings.REDIS_URL))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")


def test_a_silent_worker_is_taken_back_after_one_lease(judge, clock, insert, claim, worker, row):
    invocation_id = insert()
    claim()
    judge.round()
    clock.now += LEASE_SECONDS - 0.1
    judge.round()
    assert row(invocation_id).status == Status.RUNNING

    clock.now += 0.2
    judge.round()

    assert row(invocation_id).status == Status.QUEUED
    assert row(invocation_id).deaths == 1


def test_a_worker_whose_counter_moves_is_left_alone(judge, clock, insert, claim, worker, row):
    invocation_id = insert()
    claim()
    for _ in range(10):
        judge.round()
        ledger.renew_leases([worker])
        clock.now += LEASE_SECONDS - 1

    assert row(invocation_id).status == Status.RUNNING


def test_after_an_outage_a_full_lease_passes_before_anybody_is_judged(judge, clock, worker, monkeypatch):
    judge.round()
    clock.now += LEASE_SECONDS - 1
    with monkeypatch.context() as outage:
        outage.setattr(ledger, "leases", lambda: (_ for _ in ()).throw(OperationalError("away")))
        with pytest.raises(OperationalError):
            judge.round()
    clock.now += LEASE_SECONDS - 1

    judge.round()

    assert ledger.leases() == {worker: 0}


def test_only_the_holder_of_the_lock_judges(judge, clock, worker):
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [reconciler.ADVISORY_LOCK])
    judge.round()
    clock.now += 2 * LEASE_SECONDS
    judge.round()
    assert ledger.leases() == {worker: 0}

    other.close()
    wait_until(lambda: not advisory_locks(), 10, "PostgreSQL notices that the other is gone")
    judge.round()
    clock.now += LEASE_SECONDS
    judge.round()

    assert ledger.leases() == {}


def advisory_locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


class Recorded:
    """A schedulable that remembers what was sent."""

    def __init__(self, name: str, taken: frozenset[str] = frozenset()) -> None:
        self.name = name
        self.sent: list[str] = []
        self.taken = taken

    def send_once(self, invocation_id: str) -> None:
        if invocation_id in self.taken:
            raise InvocationExistsError(invocation_id)
        self.sent.append(invocation_id)


@pytest.fixture
def periods(monkeypatch):
    monkeypatch.setattr(schedules, "_periods", {})
    monkeypatch.setattr(schedules, "_last_sent", {})


def test_a_period_is_sent_once_and_the_next_again(periods):
    task = Recorded("t")
    schedules.every(seconds=60)(task)

    for moment in (0, 1, 59, 60, 61, 300):
        schedules.tick(now=moment)

    assert task.sent == ["t@0", "t@1", "t@5"]


def test_a_period_that_another_worker_sent_is_left_at_that(periods):
    task = Recorded("t", taken=frozenset({"t@0"}))
    schedules.every(seconds=60)(task)

    schedules.tick(now=1)
    schedules.tick(now=61)

    assert task.sent == ["t@1"]
