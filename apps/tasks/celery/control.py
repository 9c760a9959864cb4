"""What `app.control` does: calling off tasks that have not started."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.db import transaction

from apps.tasks import ledger
from apps.tasks.celery import serialization
from apps.tasks.celery.exceptions import NotSupportedError, TaskRevokedError

NO_CONTROL = "{} is not supported: there is no remote control of workers; the admin shows what runs."


def call_off(ids: Sequence[str], *, held: bool = False) -> set[str]:
    """Begin the ending of what has not started, in the caller's transaction; returns the ids that it found so. With
    `held`, what a worker holds is not started, and not tried again, either."""
    result = serialization.dumps(serialization.error_to_data(TaskRevokedError("revoked")))
    return ledger.cancel(ids, error="TaskRevokedError: revoked", result=result, held=held)


class Control:
    def revoke(
        self,
        task_id: str | Iterable[str],
        destination: Any = None,  # noqa: ARG002 — the ledger is everywhere
        terminate: bool = False,
        signal: str | None = None,  # noqa: ARG002
        connection: Any = None,  # noqa: ARG002
        reply: bool = False,  # noqa: ARG002 — there is nothing to wait for
        timeout: float | None = None,  # noqa: ARG002
    ) -> None:
        """Call off what has not started, durably and in the caller's transaction; it reads as REVOKED from its commit.

        What runs goes on, and is not tried again when it fails or its worker dies. That is marked after the commit: a
        worker that ends a task must not wait for the caller. What is not in the ledger is not remembered: sent later,
        it runs.
        """
        if terminate:
            raise NotSupportedError(
                "revoke(terminate=True) is not supported: tasks run in threads, and a thread cannot be killed. Give "
                "the task a time_limit, or let it look for a reason to stop."
            )
        ids = [task_id] if isinstance(task_id, str) else [str(one) for one in task_id]
        if others := sorted(set(ids) - call_off(ids)):
            transaction.on_commit(partial(call_off, others, held=True), robust=True)

    def terminate(self, task_id: Any, *_args: Any, **_kwargs: Any) -> None:
        self.revoke(task_id, terminate=True)

    def inspect(self, *_args: Any, **_kwargs: Any) -> Any:
        raise NotSupportedError(NO_CONTROL.format("control.inspect"))

    def ping(self, *_args: Any, **_kwargs: Any) -> Any:
        raise NotSupportedError(NO_CONTROL.format("control.ping"))

    def broadcast(self, command: str, *_args: Any, **_kwargs: Any) -> Any:
        raise NotSupportedError(NO_CONTROL.format(f"control.broadcast({command!r})"))
