"""What a worker process has in its hands, and what it leaves."""

import pytest
from django.db import OperationalError

from apps.tasks import ledger
from apps.tasks.bell import Bell
from apps.tasks.ledger import FRONT, Success
from apps.tasks.states import Status
from apps.tasks.station import Station

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def station(worker, settings):
    return Station(worker, bell=Bell(settings.REDIS_URL), threads=2, solo=False)


def test_after_a_lost_answer_what_is_claimed_here_for_the_second_time_stays_claimed(station, insert, row, monkeypatch):
    """The end of the first attempt is dropped late, when the second has been claimed by the same process."""
    invocation_id = insert()
    (first,) = station.claim("default", 1, FRONT)
    ledger.retry(first.claim, delay_ms=0, error="", traceback="")
    station.claim("default", 1, FRONT)
    station.drop([first.claim])
    with monkeypatch.context() as outage:
        outage.setattr(ledger, "claim", lambda **_: (_ for _ in ()).throw(OperationalError("answer lost")))
        with pytest.raises(OperationalError):
            station.claim("default", 1, FRONT)

    assert station.claim("default", 1, FRONT) == []
    assert row(invocation_id).status == Status.RUNNING


def test_a_process_retires_only_with_empty_hands_and_then_claims_nothing(station, insert):
    insert()
    (held,) = station.claim("default", 1, FRONT)
    assert not station.retire()

    ledger.complete([Success(held.claim, None)])
    station.drop([held.claim])
    insert()

    assert station.retire()
    assert station.claim("default", 1, FRONT) == []
