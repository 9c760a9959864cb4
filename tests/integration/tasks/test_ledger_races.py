"""Two connections at once: the loser's view of each race."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from apps.tasks import leases, ledger
from apps.tasks.ledger import Success
from apps.tasks.models import Invocation
from apps.tasks.states import Status
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def in_thread(function):
    """Run on a thread, that is on a connection, of its own."""

    def run(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    return run


def test_of_many_workers_each_row_has_one_claimer(insert, claim):
    workers = [f"worker-{number}" for number in range(8)]
    for name in workers:
        leases.register(name, host="here", solo=False)
    ids = {insert() for _ in range(200)}

    @in_thread
    def drain(worker):
        taken = []
        while rows := claim(worker, limit=7):
            taken += [row.claim.id for row in rows]
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = [invocation_id for batch in pool.map(drain, workers) for invocation_id in batch]

    assert sorted(taken) == sorted(ids)


def test_an_uncommitted_invocation_cannot_be_claimed(insert, claim, worker):
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            insert()
            seen_before = pool.submit(in_thread(claim)).result()
        seen_after = pool.submit(in_thread(claim)).result()

    assert seen_before == []
    assert len(seen_after) == 1


def test_a_worker_that_is_being_taken_back_cannot_claim_behind_it(insert, claim, worker):
    insert()
    deleted, go_on = threading.Event(), threading.Event()

    @in_thread
    def take_back_slowly():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM tasks_workerprocess WHERE id = %s", [worker])
            deleted.set()
            go_on.wait(10)

    with ThreadPoolExecutor(2) as pool:
        judge = pool.submit(take_back_slowly)
        deleted.wait(10)
        claimer = pool.submit(in_thread(claim))
        wait_until(lambda: waiting_for_a_lock() > 0, 10, "the claim waits for the judge")
        go_on.set()
        judge.result()

        assert claimer.result() == []
    assert Invocation.objects.get().status == Status.QUEUED


def test_of_a_completion_and_a_taking_back_one_wins(insert, claim):
    for round_number in range(20):
        worker = f"worker-{round_number}"
        leases.register(worker, host="here", solo=False)
        invocation_id = insert()
        held = claim(worker)[0].claim
        barrier = threading.Barrier(2)

        @in_thread
        def complete(barrier=barrier, held=held):
            barrier.wait()
            return bool(ledger.complete([Success(held, None)]))

        @in_thread
        def take_back(barrier=barrier, worker=worker):
            barrier.wait()
            return bool(leases.take_back(worker, died=True, reason="x"))

        with ThreadPoolExecutor(2) as pool:
            completed, taken = pool.submit(complete), pool.submit(take_back)
            assert completed.result() != taken.result()
        expected = Status.SUCCEEDED if completed.result() else Status.QUEUED
        assert Invocation.objects.get(id=invocation_id).status == expected


def waiting_for_a_lock() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return int(cursor.fetchone()[0])
