"""The book in which a tracer records how a call goes: the ledger for a worker, nothing for a call in place.

What the tracer tells hooks and listeners is in the ledger before. When the ledger cannot be reached, the end is left to
the worker's writer, which insists.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

from django.db import InterfaceError, OperationalError, connection

from apps.tasks import endings, ledger, retries, runs
from apps.tasks.celery import links, sending, serialization, signals, states
from apps.tasks.celery.exceptions import Retry
from apps.tasks.celery.request import Context
from apps.tasks.celery.result import ResultBase
from apps.tasks.errors import ClaimLostError
from apps.tasks.ledger import NextCall, Success
from apps.tasks.outcomes import AnotherTry, GivenUp, HandedBack
from apps.tasks.runs import Run
from apps.tasks.states import Status

if TYPE_CHECKING:
    from apps.tasks.celery.task import Task

AWAY = (OperationalError, InterfaceError)
#: Pause before the ledger is tried again.
AWAY_SECONDS = 0.5


class LedgerAwayError(Exception):
    """The ledger could not be reached when something had to be recorded at once: the call is run again."""


@contextmanager
def _away_is_told() -> Iterator[None]:
    try:
        yield
    except AWAY as error:
        raise LedgerAwayError from error


class Book(Protocol):
    """What a tracer records. Each raises ClaimLostError when somebody else runs the call by now."""

    def started(self) -> None:
        """The call has begun, for those who track it."""

    def work(self, body: Callable[[], Any]) -> Any:
        """Run the task's code and record its success. Raises what the code raises."""

    def retried(self, decided: Retry, traceback: str) -> None: ...
    def failed(self, error: BaseException, traceback: str) -> None: ...
    def ignored(self, *, requeue: bool) -> None: ...


class LedgerBook:
    """Writes the row of the running invocation."""

    def __init__(self, task: "Task", called: Context, run: Run) -> None:
        self._task = task
        self._called = called
        self._run = run
        self._ignores = called.ignore_result
        run.encode = self._encode
        run.follow = self._follow

    def started(self) -> None:
        meta = {"pid": os.getpid(), "hostname": self._called.hostname}
        with _away_is_told():
            if not ledger.say(self._run.claim, state=states.STARTED, meta=serialization.dumps(meta)):
                raise ClaimLostError(self._run.claim.id)

    def work(self, body: Callable[[], Any]) -> Any:
        """Code that nobody waits for the end of is completed with those of others, in a batch; else the success is
        recorded here, in one transaction with what is linked to it (and, if atomic, with the code itself)."""
        raised = False

        def run_code() -> Any:
            nonlocal raised
            try:
                return body()
            except AWAY:
                raised = True
                raise

        try:
            if self._task.atomic:
                with runs.completing():
                    result = self._run.result = run_code()
            else:
                result = run_code()
                self._complete(result)
        except AWAY as error:
            if raised:
                raise
            # Before the code or after it, so no error of its own: one that it might not be tried again for.
            raise LedgerAwayError from error
        return result

    def retried(self, decided: Retry, traceback: str) -> None:
        call = decided.sig
        options = {
            **call.options,
            "retries": self._called.retries - self._run.retries,  # those that it was sent with; the row has the rest
            "store_errors": self._task.store_errors_even_if_ignored,
        }
        next_call = sending.prepare(self._task.name, call.args, call.kwargs, options)
        outcome = AnotherTry(
            claim=self._run.claim,
            delay_ms=next_call.delay_ms,
            error=retries.sentence_of(decided.exc or decided),
            traceback=traceback,
            result=serialization.dumps(serialization.error_to_data(decided.exc)) if decided.exc else None,
            next_call=NextCall(payload=next_call.payload, queue=next_call.queue, priority=next_call.priority),
        )
        self._run.outcome = outcome
        try:
            queues = outcome.write()
        except AWAY:
            connection.close()
            return
        self._note(recorded=bool(queues))
        sending.ledger_broker().bell.ring(queues)

    def failed(self, error: BaseException, traceback: str) -> None:
        ends_as = Status.DEAD if self._called.course.exhausted else Status.FAILED
        self.give_up(error, traceback, ends_as=ends_as)

    def give_up(self, error: BaseException, traceback: str, *, ends_as: str) -> None:
        """End the invocation, with all that its domain and its errbacks have to be told."""
        self._called.course.raised = error
        outcome = GivenUp(
            claim=self._run.claim,
            ends_as=ends_as,
            error=retries.sentence_of(error),
            traceback=traceback,
            result=serialization.dumps(serialization.error_to_data(error)),
        )
        self._run.outcome = outcome
        try:
            recorded = outcome.write()
        except AWAY:
            connection.close()
            return
        self._note(recorded=recorded)
        self._finish()

    def ignored(self, *, requeue: bool) -> None:
        """The state is what the task has told, if it has told one."""
        if requeue:
            self._run.outcome = HandedBack(self._run.claim)
            return
        with _away_is_told():
            self._note(recorded=ledger.ignore(self._run.claim, state=states.IGNORED))

    def end_from_outside(self, error: BaseException) -> bool:
        """End the invocation as failed from another thread than its own; False when it has ended otherwise.
        Insists while the ledger is away, as long as there is somebody who could run into an end."""
        result = serialization.dumps(serialization.error_to_data(error))
        sentence = retries.sentence_of(error)
        outcome = GivenUp(claim=self._run.claim, ends_as=Status.FAILED, error=sentence, traceback="", result=result)
        while True:
            try:
                recorded = outcome.write()
            except AWAY:
                connection.close()
                time.sleep(AWAY_SECONDS)
                continue
            if recorded:
                self._finish()
            return recorded

    def hand_back(self) -> None:
        connection.close()
        self._run.outcome = HandedBack(self._run.claim)

    # -- success -------------------------------------------------------------------------------------------

    def _complete(self, result: Any) -> None:
        if self._run.completed:  # by itself, within its own last transaction
            return
        if self._is_awaited():
            with runs.completing():
                self._run.result = result
        else:
            self._run.outcome = Success(self._run.claim, self._encode(result))

    def _is_awaited(self) -> bool:
        """Whether something follows the success that has to find it recorded."""
        task, called = self._task, self._called
        return bool(
            called.callbacks
            or called.children
            or task.has_own("on_success")
            or task.has_own("after_return")
            or signals.task_success.has_listeners(task)
            or signals.task_postrun.has_listeners(task)
        )

    def _follow(self, result: Any) -> None:
        """Inside the transaction that completes the run, so that what is linked is sent exactly if it is committed. A
        task that completes itself within its own last transaction has no result by then, in the ledger and here."""
        links.send_links(self._called, result)
        if self._called.children and not self._ignores:
            ids = serialization.dumps([child.id for child in self._called.children])
            ledger.say(self._run.claim, children=ids)

    def _finish(self) -> None:
        """The second half of an ending. Where the ledger is away by now others see to it, and the task's own hooks are
        told all the same."""
        try:
            endings.finish(self._run.claim.id)
        except AWAY:
            connection.close()

    def _encode(self, result: Any) -> str | None:
        """Raises EncodeError, and ValueError when it is too large. What is not kept may be anything, as in Celery."""
        if result is None or self._ignores:
            return None
        return runs.bounded(serialization.dumps(result.as_tuple() if isinstance(result, ResultBase) else result))

    def _note(self, *, recorded: bool) -> None:
        if not recorded:
            raise ClaimLostError(f"{self._run.claim.id}, attempt {self._run.claim.attempt}")
        self._run.recorded = True


class NoBook:
    """Records nothing: a call in place has no row. As in Celery its errbacks are run in place as well, while what is
    linked to its success is sent (and run in place where everything is)."""

    def __init__(self, task: "Task", called: Context) -> None:
        self._task = task
        self._called = called

    def started(self) -> None:
        """Nobody could see it."""

    def work(self, body: Callable[[], Any]) -> Any:
        """Inside of another task it is not that one's run: `completing()` in here must not end it."""
        with runs.suspended(), runs.completing() if self._task.atomic else nullcontext():
            result = body()
            links.send_links(self._called, result)
        return result

    def retried(self, decided: Retry, traceback: str) -> None:
        """The caller does it again."""

    def failed(self, error: BaseException, traceback: str) -> None:
        links.tell_errbacks(self._called, error, traceback, in_place=True)

    def ignored(self, *, requeue: bool) -> None:
        """There is nothing to be ignored."""
