"""The domain hears of each ending once, in the transaction that makes it."""

import dramatiq
import pytest
from django.db import connection

from apps.tasks import endings, ledger
from apps.tasks.models import Invocation, WorkerProcess
from apps.tasks.states import Status

pytestmark = pytest.mark.django_db(transaction=True)

heard: list[endings.Ended] = []
trouble: list[Exception] = []


def note(ended: endings.Ended) -> None:
    heard.append(ended)
    WorkerProcess.objects.create(id=f"written-by-on-end-{len(heard)}", host="here")
    if trouble:
        raise trouble.pop()


@dramatiq.actor(actor_name="test.endings.probe", on_end=note)
def probe():
    """Has an on_end."""


@dramatiq.actor(actor_name="test.endings.plain")
def plain():
    """Has none."""


@pytest.fixture(autouse=True)
def silence():
    heard.clear()
    trouble.clear()


@pytest.fixture
def ending(insert, claim, worker):
    """An invocation that has been given up and not ended."""
    invocation_id = insert(actor="test.endings.probe", payload='{"args":[7],"kwargs":{"k":1},"options":{}}')
    ledger.give_up(claim()[0].claim, ends_as=Status.DEAD, error="too often", traceback="")
    return invocation_id


def test_on_end_is_told_what_ended_and_why(ending, row):
    endings.finish(ending)

    assert row(ending).status == Status.DEAD
    assert heard == [
        endings.Ended(
            id=ending, actor="test.endings.probe", args=[7], kwargs={"k": 1}, status="dead", error="too often"
        )
    ]


def test_it_is_told_once(ending):
    endings.finish(ending)
    endings.finish(ending)

    assert len(heard) == 1


def test_when_on_end_fails_nothing_of_it_stays_and_it_is_called_again_later(ending, row):
    trouble.append(RuntimeError("database of the domain is away"))

    endings.finish(ending)

    assert row(ending).status == Status.ENDING
    assert not WorkerProcess.objects.filter(id__startswith="written").exists()
    assert endings.finish_due() == 0
    with connection.cursor() as cursor:  # time passes
        cursor.execute("UPDATE tasks_invocation SET due_at = now()")
    assert endings.finish_due() == 1
    assert row(ending).status == Status.DEAD
    assert WorkerProcess.objects.filter(id__startswith="written").count() == 1


def test_a_task_without_on_end_just_ends(insert, claim, worker, row):
    invocation_id = insert(actor="test.endings.plain")
    ledger.give_up(claim()[0].claim, ends_as=Status.FAILED, error="e", traceback="")

    assert endings.finish_due() == 1
    assert row(invocation_id).status == Status.FAILED


def test_an_ending_of_a_task_that_is_unknown_here_is_left_a_day_for_those_who_know_it(insert, claim, worker, row):
    """During a rollout the workers of the older release must not end it without its on_end."""
    invocation_id = insert(actor="of-a-newer-release")
    ledger.give_up(claim()[0].claim, ends_as=Status.FAILED, error="e", traceback="")

    assert endings.finish_due() == 0
    with connection.cursor() as cursor:  # time passes
        cursor.execute("UPDATE tasks_invocation SET due_at = now() - interval '25 hours'")
    assert endings.finish_due() == 1
    assert row(invocation_id).status == Status.FAILED


@pytest.mark.parametrize("payload", ["{", "{}", "[]", "null"])
def test_unreadable_arguments_do_not_keep_an_invocation_from_ending(ending, row, payload):
    Invocation.objects.filter(id=ending).update(payload=payload)

    endings.finish(ending)

    assert row(ending).status == Status.DEAD
    assert heard[0].args == []
