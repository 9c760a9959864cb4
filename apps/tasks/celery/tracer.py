"""The tracer: runs one call of a task, in a worker or in place, in Celery's order of events.

Success: prerun, before_start, the code, links sent and success recorded, on_success, success, after_return, postrun.
Failure: failure recorded and errbacks told, on_failure, failure, after_return, postrun.
Another try: recorded, on_retry, retry, postrun. What was told to be ignored: postrun.
What a hook raises after the end is logged and changes nothing; listeners' errors never do.
"""

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone
from dramatiq.middleware.threading import Interrupt

from apps.tasks import runs
from apps.tasks.celery import envelope, limits, links, request, requests, signals, states
from apps.tasks.celery.einfo import ExceptionInfo
from apps.tasks.celery.exceptions import EncodeError, Ignore, Reject, Retry, TaskRevokedError, TimeLimitExceeded
from apps.tasks.celery.recording import Book, LedgerAwayError, LedgerBook
from apps.tasks.celery.request import Context
from apps.tasks.errors import ClaimLostError
from apps.tasks.states import Status

if TYPE_CHECKING:
    from apps.tasks.celery.task import Task

logger = logging.getLogger(__name__)

#: How long a task that has run past its hard limit waits for that to be recorded.
END_SECONDS = 5.0


def run_in_worker(task: "Task") -> Any:
    """Run the claimed call that this thread's run stands for. What the run's outcome is, the book has set."""
    run = runs.current()
    assert run is not None  # noqa: S101 — the Recorder has set it
    called = requests.context_of_run(task, run)
    book = LedgerBook(task, called, run)
    expires = envelope.moment(called.expires)
    if expires is not None and timezone.now() > expires:
        with request.pushed(task, called):
            book.give_up(TaskRevokedError("expired"), "", ends_as=Status.CANCELLED)
        return None
    trace = Trace(task=task, called=called, book=book, soft=called.soft_time_limit, hard=called.time_limit)
    try:
        trace.run()
    except LedgerAwayError:
        book.hand_back()
    except limits.OverrunError:
        trace.ended.wait(END_SECONDS)  # or a process that stops just now would hand it back
        run.recorded = True
    return trace.retval


@dataclass
class Trace:
    """One call.

    Attributes:
      propagate: raise what the task raises, instead of recording it; for a call in place.
      state, retval, einfo: how it ended.
      ended: it has run past its hard limit, and that is recorded.
    """

    task: "Task"
    called: Context
    book: Book
    soft: float | None = None
    hard: float | None = None
    propagate: bool = False
    state: str | None = None
    retval: Any = None
    einfo: ExceptionInfo | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Raises ClaimLostError, LedgerAwayError and interrupts, and with `propagate` what the task raises."""
        task, called = self.task, self.called
        with request.pushed(task, called):
            try:
                signals.task_prerun.send(task, task_id=called.id, task=task, args=called.args, kwargs=called.kwargs)
                if task.track_started and not called.ignore_result:
                    self.book.started()
                self._work_and_record()
                if self.state in (states.SUCCESS, states.FAILURE):
                    self._quietly("after_return", self.state, self.retval, called.id, called.args, called.kwargs, None)
            finally:
                signals.task_postrun.send(
                    task,
                    task_id=called.id,
                    task=task,
                    args=called.args,
                    kwargs=called.kwargs,
                    retval=self.retval,
                    state=self.state,
                )

    def _work_and_record(self) -> None:
        began = time.monotonic()
        try:
            result = self.book.work(self._body)
        except (ClaimLostError, LedgerAwayError, Interrupt):
            raise
        except Ignore as told:
            self.state, self.retval = states.IGNORED, told
            self.book.ignored(requeue=False)
        except Reject as told:
            self._reject(told)
        except Retry as decided:
            self._retry(decided)
        except BaseException as error:  # noqa: BLE001 — SystemExit as well: it would end a thread of the worker
            self._fail(error)
        else:
            self._succeed(result, time.monotonic() - began)

    def _body(self) -> Any:
        """The task's code, under its limits. After `retry(throw=False)` it is tried again whatever it returns."""
        watch = limits.Watch(soft=self.soft, hard=self.hard, overrun=self._overrun)
        try:
            try:
                watch.start()
                result = self._code()
            finally:
                watch.leave()
        finally:
            watch.leave()
        if self.called.course.decided is not None:
            raise self.called.course.decided
        return result

    def _code(self) -> Any:
        task, called = self.task, self.called
        task.before_start(called.id, called.args, called.kwargs)
        called.course.entered = not task.has_own("__call__")
        function = task.run if called.course.entered else task
        return function(*called.args, **called.kwargs)

    def _succeed(self, result: Any, seconds: float) -> None:
        self.state, self.retval = states.SUCCESS, result
        called = self.called
        self._quietly("on_success", result, called.id, called.args, called.kwargs)
        signals.task_success.send(self.task, result=result, runtime=seconds)

    def _retry(self, decided: Retry) -> None:
        if self.propagate:
            raise decided
        if not self.called.is_eager and (decided.sig is None or decided.is_eager):
            self._fail(decided)  # of a task that this one called in place: there is nothing that could be sent
            return
        called, einfo = self.called, ExceptionInfo(decided)
        self.state, self.retval, self.einfo = states.RETRY, decided, einfo
        try:
            self.book.retried(decided, einfo.traceback)
        except EncodeError as error:  # other arguments were given for the next try, which are no JSON
            self._fail(error)
            return
        self._quietly("on_retry", decided.exc, called.id, called.args, called.kwargs, einfo)
        signals.task_retry.send(self.task, request=called, reason=decided, einfo=einfo)

    def _reject(self, told: Reject) -> None:
        """Queued again, or a failure that errbacks and listeners hear of, though not the task's hooks."""
        self.state, self.retval = states.REJECTED, told
        if told.requeue or self.called.is_eager:
            self.book.ignored(requeue=told.requeue)
        else:
            self.book.failed(told, ExceptionInfo(told).traceback)
            links.tell_failure(self.task, self.called, told)

    def _fail(self, error: BaseException) -> None:
        if self.propagate or (self.called.is_eager and not isinstance(error, Exception)):
            raise error
        einfo = ExceptionInfo(error)
        self.state, self.retval, self.einfo = states.FAILURE, error, einfo
        self.book.failed(error, einfo.traceback)
        self._tell_failure(error, einfo)

    def _tell_failure(self, error: BaseException, einfo: ExceptionInfo) -> None:
        called = self.called
        self._quietly("on_failure", error, called.id, called.args, called.kwargs, einfo)
        links.tell_failure(self.task, called, error)
        expected = isinstance(error, self.task.throws)
        logger.log(
            logging.INFO if expected else logging.ERROR,
            "task failed",
            extra={"action": "task_failed", "task": called.shadow or self.task.name, "invocation": called.id},
            exc_info=None if expected else error,
        )

    def _overrun(self) -> None:
        """The hard limit is over; called in a thread of its own, for the task's may be stuck. After a late result no
        end is recorded: whoever writes first, ends it."""
        error = TimeLimitExceeded(self.hard)
        book = self.book
        assert isinstance(book, LedgerBook)  # noqa: S101 — in place there are no limits
        with request.pushed(self.task, self.called):
            try:
                if not book.end_from_outside(error):
                    return
                self.ended.set()
                self._tell_failure(error, ExceptionInfo(error))
                called = self.called
                self._quietly("after_return", states.FAILURE, error, called.id, called.args, called.kwargs, None)
            finally:
                self.ended.set()
                connection.close()

    def _quietly(self, hook: str, *arguments: Any) -> None:
        """Call a hook that comes after the end. In place its error is the caller's, as in Celery."""
        if not self.task.has_own(hook):
            return
        try:
            getattr(self.task, hook)(*arguments)
        except Exception:
            if self.called.is_eager:
                raise
            logger.exception(
                "hook failed",
                extra={"action": "hook_failed", "hook": hook, "task": self.task.name, "invocation": self.called.id},
            )
