"""How a success is written to the ledger."""

from types import SimpleNamespace

import pytest

from apps.tasks.celery import shared_task
from apps.tasks.celery.exceptions import EncodeError
from apps.tasks.celery.recording import LedgerBook
from apps.tasks.celery.request import Context
from apps.tasks.ledger import Success

NO_JSON = {1, 2}


@shared_task(name="test.recording.answers")
def answers():
    """Answers what is no JSON."""


def outcome_of(*, ignore_result):
    run = SimpleNamespace(claim="the claim", completed=False, outcome=None)
    LedgerBook(answers, Context(ignore_result=ignore_result), run).work(lambda: NO_JSON)
    return run.outcome


def test_a_result_that_is_not_kept_may_be_anything():
    assert outcome_of(ignore_result=True) == Success("the claim", None)


def test_a_result_that_is_kept_has_to_be_json():
    with pytest.raises(EncodeError):
        outcome_of(ignore_result=False)
