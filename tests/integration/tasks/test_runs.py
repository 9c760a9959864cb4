"""The last writes of a task and its success are one transaction, whatever is around them."""

import pytest
from django.db import connection, transaction

from apps.tasks import ledger, runs
from apps.tasks.ledger import Success
from apps.tasks.runs import Run
from apps.tasks.states import Status

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(insert, claim, worker):
    insert()
    run = Run(claim=claim()[0].claim, retries=0)
    runs.set_current(run)
    yield run
    runs.set_current(None)


def test_inside_another_transaction_a_completion_is_refused_and_the_run_can_still_end(run, row):
    """That one could be rolled back, when nobody would look at this run again."""
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic(), runs.completing():
        pass

    assert row(run.claim.id).status == Status.RUNNING
    assert not run.completed
    with runs.completing():
        pass
    assert row(run.claim.id).status == Status.SUCCEEDED


def test_of_blocks_within_each_other_the_outermost_completes(run, row):
    with runs.completing():
        with runs.completing():
            pass
        assert row(run.claim.id).status == Status.RUNNING
        run.result = 7

    assert (row(run.claim.id).status, row(run.claim.id).result) == (Status.SUCCEEDED, "7")


def test_outside_of_a_worker_it_is_an_ordinary_block_of_a_transaction(worker):
    with transaction.atomic(), runs.completing():
        pass


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda claim: ledger.complete([Success(claim, None)]), id="complete"),
        pytest.param(lambda claim: ledger.hand_back([claim]), id="hand_back"),
        pytest.param(lambda claim: ledger.retry(claim, delay_ms=0, error="", traceback=""), id="retry"),
        pytest.param(lambda claim: ledger.give_up(claim, ends_as="dead", error="", traceback=""), id="give_up"),
    ],
)
def test_a_session_that_rests_between_an_end_and_its_commit_is_closed_by_postgresql_after_ten_seconds(run, end):
    with transaction.atomic():
        assert end(run.claim)
        inside = idle_timeout()

    assert (inside, idle_timeout()) == ("5s", "0")


def idle_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        return str(cursor.fetchone()[0])
