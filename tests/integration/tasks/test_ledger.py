"""Each step of an invocation's life, and who loses when two want to make it."""

import pytest
from django.db import connection

from apps.tasks import leases, ledger
from apps.tasks.errors import InvocationExistsError
from apps.tasks.ledger import Claim, Success
from apps.tasks.models import WorkerProcess
from apps.tasks.sql import statement
from apps.tasks.states import Status

pytestmark = pytest.mark.django_db


def test_a_claim_gives_the_most_urgent_first_and_counts_the_attempt(insert, claim, worker, row):
    late = insert(priority=5)
    first = insert(priority=1)
    second = insert(priority=1)

    claimed = claim()

    assert [c.claim.id for c in claimed] == [first, second, late]
    assert row(first).status == Status.RUNNING
    assert row(first).worker == worker
    assert row(first).attempt == 1


def test_what_one_worker_claimed_the_next_does_not_get(insert, claim, worker):
    leases.register("worker-2", host="here", solo=False)
    insert()

    assert len(claim(worker)) == 1
    assert claim("worker-2") == []


def test_a_worker_without_a_lease_claims_nothing(insert, claim, worker):
    insert()

    assert claim("never-registered") == []
    assert len(claim(worker)) == 1


def test_a_claim_takes_no_more_than_asked_for_and_keeps_to_its_queue(insert, claim, worker):
    insert(queue="other")
    for _ in range(3):
        insert()

    assert len(claim(limit=2)) == 2
    assert len(claim(limit=9)) == 1
    assert len(claim(queue="other")) == 1


def test_a_claim_is_one_statement(insert, claim, worker, django_assert_num_queries):
    for _ in range(20):
        insert()

    with django_assert_num_queries(1):
        claim(limit=20)


def test_a_success_is_recorded_with_its_result(insert, claim, worker, row):
    invocation_id = insert()
    held = claim()[0].claim

    assert ledger.complete([Success(held, "3")]) == {invocation_id}
    assert row(invocation_id).status == Status.SUCCEEDED
    assert row(invocation_id).result == "3"
    assert row(invocation_id).finished_at is not None


@pytest.mark.parametrize(
    "stale",
    [
        pytest.param(lambda c: Claim(c.id, c.attempt - 1, c.worker), id="an older attempt"),
        pytest.param(lambda c: Claim(c.id, c.attempt, "another"), id="another worker"),
    ],
)
def test_whoever_does_not_hold_the_claim_changes_nothing(insert, claim, worker, row, stale):
    invocation_id = insert()
    held = stale(claim()[0].claim)

    assert ledger.complete([Success(held, None)]) == set()
    assert ledger.retry(held, delay_ms=0, error="e", traceback="") == set()
    assert ledger.give_up(held, ends_as=Status.DEAD, error="e", traceback="") is False
    assert ledger.hand_back([held]) == set()
    assert row(invocation_id).status == Status.RUNNING


def test_a_success_is_recorded_once(insert, claim, worker):
    insert()
    held = claim()[0].claim
    ledger.complete([Success(held, "1")])

    assert ledger.complete([Success(held, "2")]) == set()


def test_a_retry_with_a_delay_waits_for_its_time(insert, claim, worker, row):
    invocation_id = insert()
    held = claim()[0].claim

    assert ledger.retry(held, delay_ms=60_000, error="E", traceback="T") == {"default"}
    assert row(invocation_id).status == Status.SCHEDULED
    assert row(invocation_id).retries == 1
    assert claim() == []


def test_what_is_due_is_queued_and_the_next_time_is_told(insert, claim, worker):
    due = insert(delay_ms=1)
    insert(delay_ms=30_000)
    with connection.cursor() as cursor:  # time passes
        cursor.execute("UPDATE tasks_invocation SET due_at = now() - interval '1 second' WHERE id = %s", [due])

    number, next_seconds = ledger.promote("default")

    assert number == 1
    assert next_seconds == pytest.approx(30, abs=3)
    assert [c.claim.id for c in claim()] == [due]


def test_a_year_of_delay_is_accepted(insert, row):
    year_ms = 366 * 24 * 3600 * 1000

    assert row(insert(delay_ms=year_ms)).status == Status.SCHEDULED


def test_errors_are_cut_and_freed_of_what_text_cannot_hold(insert, claim, worker, row):
    invocation_id = insert()

    ledger.retry(claim()[0].claim, delay_ms=0, error="a\x00b\ud800" + "x" * 9999, traceback="t" * 99_999)

    assert row(invocation_id).error.startswith("a\\x00b\\ud800x")
    assert len(row(invocation_id).error) == ledger.ERROR_MAX_CHARS
    assert len(row(invocation_id).traceback) == ledger.TRACEBACK_MAX_CHARS


def test_a_claim_that_is_handed_back_goes_to_the_next_without_a_mark(insert, claim, worker, row):
    invocation_id = insert()
    held = claim()[0].claim

    assert ledger.hand_back([held]) == {"default"}
    again = claim()[0]

    assert again.claim.attempt == 2
    assert (row(invocation_id).retries, row(invocation_id).deaths) == (0, 0)


def test_what_a_worker_holds_without_knowing_is_handed_back(insert, claim, worker, row):
    known, unknown = insert(), insert()
    held = [claimed.claim for claimed in claim() if claimed.claim.id == known]

    assert ledger.hand_back_all_but(worker, held) == {"default"}
    assert row(known).status == Status.RUNNING
    assert row(unknown).status == Status.QUEUED
    assert ledger.hand_back_all_but(worker, []) == {"default"}


def test_an_attempt_is_unknown_to_a_worker_that_holds_an_older_one_of_the_same_invocation(insert, claim, worker, row):
    """Its end has been written and not yet dropped when the answer to the next claim gets lost."""
    invocation_id = insert()
    older = claim()[0].claim
    ledger.retry(older, delay_ms=0, error="", traceback="")
    claim()

    ledger.hand_back_all_but(worker, [older])

    assert row(invocation_id).status == Status.QUEUED


def test_an_id_that_is_alive_is_refused(insert):
    insert(id="mine")

    with pytest.raises(InvocationExistsError):
        insert(id="mine")


def test_an_id_whose_life_has_ended_starts_a_new_one_that_the_old_cannot_end(insert, claim, worker, row):
    insert(id="mine")
    old = claim()[0].claim
    ledger.complete([Success(old, "1")])

    insert(id="mine")
    new = claim()[0].claim

    assert row("mine").result is None
    assert ledger.complete([Success(old, "1")]) == set()
    assert ledger.complete([Success(new, "2")]) == {"mine"}


def test_an_orderly_departure_hands_everything_back_and_closes_the_lease(insert, claim, worker, row):
    invocation_id = insert()
    claim()

    assert leases.take_back(worker, died=False, reason="") == [("default", Status.QUEUED)]
    assert row(invocation_id).deaths == 0
    assert not WorkerProcess.objects.filter(id=worker).exists()
    assert claim(worker) == []


def test_after_a_death_an_invocation_is_run_by_solo_workers_only(insert, claim, worker, row):
    invocation_id = insert()
    claim()
    leases.take_back(worker, died=True, reason="killed by signal 9")
    leases.register("normal", host="here", solo=False)
    leases.register("solo", host="here", solo=True)

    assert row(invocation_id).error == "Its worker process died while running it (killed by signal 9), time 1 of 3."
    assert claim("normal") == []
    assert leases.count_suspects() == 1
    assert len(claim("solo", suspects=True)) == 1


def test_the_third_death_is_the_last(insert, claim, row):
    invocation_id = insert()
    statuses = []
    for number in range(3):
        worker = f"worker-{number}"
        leases.register(worker, host="here", solo=number > 0)
        claim(worker, suspects=number > 0)
        statuses += leases.take_back(worker, died=True, reason="x")

    assert statuses == [("default", "queued"), ("default", "queued"), ("default", "ending")]
    assert row(invocation_id).ends_as == Status.DEAD
    assert row(invocation_id).due_at > row(invocation_id).started_at  # to be ended from now on


def test_taking_the_same_worker_back_twice_counts_one_death(insert, claim, worker, row):
    invocation_id = insert()
    claim()

    leases.take_back(worker, died=True, reason="x")

    assert leases.take_back(worker, died=True, reason="x") == []
    assert row(invocation_id).deaths == 1


def test_a_renewal_tells_which_leases_are_lost(worker):
    assert leases.renew([worker, "gone"]) == {worker}
    assert leases.beats() == {worker: 1}


def test_only_what_ended_long_ago_is_pruned(insert, claim, worker, row):
    old, new, running = insert(), insert(), insert()
    held = {c.claim.id: c.claim for c in claim()}
    ledger.complete([Success(held[old], None), Success(held[new], None)])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tasks_invocation SET finished_at = now() - interval '8 days' WHERE id = %s", [old])

    assert ledger.prune(days=7, limit=100) == 1
    assert row(new).status == Status.SUCCEEDED
    assert row(running).status == Status.RUNNING


def test_a_claim_behind_a_floor_leaves_what_stands_before_it(insert, claim, worker):
    first, second = insert(priority=1), insert(priority=2)
    place = claim(limit=1)[0].place
    urgent = insert(priority=0)

    behind = ledger.claim(queue="default", worker=worker, limit=9, suspects=False, floor=place)

    assert [c.claim.id for c in behind] == [second]
    assert [c.claim.id for c in claim()] == [urgent]
    assert place.priority == 1
    assert first != second


def test_completions_find_their_rows_by_key_however_many_run(insert, claim, worker):
    """The index of running rows keeps every claim while an old snapshot lives; see sql/complete.sql."""
    for _ in range(300):
        insert()
    held = [row.claim for row in claim(limit=300)]

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # which a table of this size invites
        cursor.execute(
            "EXPLAIN " + statement("complete"),
            {
                "ids": [c.id for c in held[:50]],
                "attempts": [1] * 50,
                "results": [None] * 50,
                "worker": worker,
            },
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "tasks_invocation_pkey" in plan
    assert "invocation_running" not in plan
