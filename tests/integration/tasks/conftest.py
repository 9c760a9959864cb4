"""Short cuts to rows of the ledger."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from apps.tasks import leases, ledger
from apps.tasks.ledger import ClaimedRow, NewInvocation
from apps.tasks.models import Invocation

WORKER = "worker-1"


@pytest.fixture
def worker(db: None) -> str:
    leases.register(WORKER, host="here", solo=False)
    return WORKER


@pytest.fixture
def insert(db: None) -> Callable[..., str]:
    """Write an invocation and return its id."""

    def write(**columns: Any) -> str:
        values = {
            "id": str(uuid.uuid4()),
            "queue": "default",
            "actor": "probe",
            "payload": '{"args":[],"kwargs":{},"options":{}}',
            "priority": 0,
            **columns,
        }
        ledger.insert(NewInvocation(**values))
        return str(values["id"])

    return write


@pytest.fixture
def claim() -> Callable[..., list[ClaimedRow]]:
    def take(worker: str = WORKER, limit: int = 10, *, queue: str = "default", suspects: bool = False):
        return ledger.claim(queue=queue, worker=worker, limit=limit, suspects=suspects)

    return take


@pytest.fixture
def row() -> Callable[[str], Invocation]:
    return lambda invocation_id: Invocation.objects.get(id=invocation_id)
