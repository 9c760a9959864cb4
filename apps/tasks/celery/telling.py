"""States of one's own, while a task runs."""

from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from apps.tasks import ledger, runs
from apps.tasks.celery import serialization, states
from apps.tasks.celery.exceptions import NotSupportedError
from apps.tasks.errors import ClaimLostError

if TYPE_CHECKING:
    from apps.tasks.celery.task import Task


def tell(task: "Task", *, task_id: str | None, state: str | None, meta: Any) -> None:
    """Write the state of the running call. In place nothing is written: there is no row.

    Inside a transaction it is told at the commit. Raises NotSupportedError for another call than the running one, whose
    end would overwrite it or be overwritten; ClaimLostError when another worker runs this one by now.
    """
    request = task.request
    if request.is_eager:
        return
    run = runs.current()
    if run is None or request.called_directly or (task_id is not None and task_id != request.id):
        raise NotSupportedError(
            "update_state tells the state of the running call only: keep what another process has to say in a row of "
            "your own."
        )
    if state in states.EXCEPTION_STATES and isinstance(meta, BaseException):
        meta = serialization.error_to_data(meta)
    say = partial(ledger.say, run.claim, state=state or states.PENDING, meta=serialization.dumps(meta))
    if connection.in_atomic_block:
        # Nobody could see it before, and the row would be held from all who may have to end this call meanwhile.
        transaction.on_commit(say)
    elif not say():
        raise ClaimLostError(f"{run.claim.id}, attempt {run.claim.attempt}")
