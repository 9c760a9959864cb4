"""The errors of Celery's API at its names, and the one that says what is not supported here."""

from datetime import datetime
from typing import Any

from django.db import OperationalError

#: OperationalError is what a send raises while the ledger is away; Celery has kombu's there.
__all__ = [
    "AlreadyRegistered",
    "AlwaysEagerIgnored",
    "BackendError",
    "BackendGetMetaError",
    "BackendStoreError",
    "CDeprecationWarning",
    "CPendingDeprecationWarning",
    "CeleryError",
    "CeleryWarning",
    "ChordError",
    "DuplicateNodenameWarning",
    "DuplicateTaskNameWarning",
    "EncodeError",
    "FixupWarning",
    "Ignore",
    "ImproperlyConfigured",
    "IncompleteStream",
    "InvalidTaskError",
    "MaxRetriesExceededError",
    "NotConfigured",
    "NotRegistered",
    "NotSupportedError",
    "OperationalError",
    "QueueNotFound",
    "Reject",
    "Retry",
    "SecurityError",
    "SecurityWarning",
    "SoftTimeLimitExceeded",
    "TaskError",
    "TaskPredicate",
    "TaskRevokedError",
    "Terminated",
    "TimeLimitExceeded",
    "TimeoutError",
    "WorkerLostError",
]

NO_CANVAS = (
    "{} is not supported: chains, groups and chords need the results of several tasks. Send the next task from within "
    "the first, or give it link=."
)


class NotSupportedError(TypeError):
    """The shim does not do this: the message names what was asked for, why not, and what to use instead."""


class CeleryWarning(UserWarning):
    """Base of Celery's warnings."""


class AlwaysEagerIgnored(CeleryWarning):
    """`send_task` does not look at `task_always_eager`."""


class DuplicateTaskNameWarning(CeleryWarning):
    """Two tasks have one name."""


class DuplicateNodenameWarning(CeleryWarning):
    """Never told here: workers have no names of their own."""


class FixupWarning(CeleryWarning):
    """Never told here: Django is what this is made for."""


class NotConfigured(CeleryWarning):
    """Never told here: the settings are Django's."""


class SecurityWarning(CeleryWarning):
    """Never told here: nothing is ever unpickled."""


class CPendingDeprecationWarning(PendingDeprecationWarning):
    """Something of Celery's will be deprecated; never told here."""


class CDeprecationWarning(DeprecationWarning):
    """Something of Celery's is deprecated; never told here."""


class CeleryError(Exception):
    """Base of Celery's errors."""


class TaskPredicate(CeleryError):
    """What a task raises to say how it goes on, rather than that it failed."""


class Retry(TaskPredicate):
    """The task is to be tried again.

    Attributes:
      exc: the error that is the reason, if there is one.
      when: seconds from now, or a datetime.
      sig: the call that follows.
    """

    def __init__(
        self,
        message: str | None = None,
        exc: BaseException | str | None = None,
        when: float | datetime | None = None,
        *,
        is_eager: bool = False,
        sig: Any = None,
    ) -> None:
        self.message = message
        self.exc = exc if isinstance(exc, BaseException) else None
        self.excs = exc if isinstance(exc, str) else repr(exc) if exc else None
        self.when = when
        self.is_eager = is_eager
        self.sig = sig
        super().__init__(message, exc, when)

    def humanize(self) -> str:
        return f"in {self.when}s" if isinstance(self.when, int | float) else f"at {self.when}"

    def __str__(self) -> str:
        if self.message:
            return self.message
        return f"Retry {self.humanize()}: {self.excs}" if self.excs else f"Retry {self.humanize()}"


RetryTaskError = Retry


class Ignore(TaskPredicate):
    """The task has seen to its state itself: nothing is recorded of how it ended."""


class Reject(TaskPredicate):
    """The task does not want this call: it is dropped, or queued again."""

    def __init__(self, reason: Any = None, requeue: bool = False) -> None:
        self.reason = reason
        self.requeue = requeue
        super().__init__(reason, requeue)

    def __repr__(self) -> str:
        return f"reject requeue={self.requeue}: {self.reason}"


class ImproperlyConfigured(CeleryError):
    """A setting cannot be used."""


class FaultySettingError(ImproperlyConfigured):
    """A setting has a value that none can have. (Ours: Celery raises what the value happens to run into.)"""


class SecurityError(CeleryError):
    """What was stored is not what it says it is."""


class TaskError(CeleryError):
    """Base of errors about tasks."""


class QueueNotFound(KeyError, TaskError):
    """The queue is not one of those that were named in the settings."""


class IncompleteStream(TaskError):
    """Results were asked for that are not there yet."""


class NotRegistered(KeyError, TaskError):
    """No task has this name."""

    def __repr__(self) -> str:
        return f"Task of kind {self} never registered, please make sure it's imported."


class AlreadyRegistered(TaskError):
    """Another task has this name."""


class TimeoutError(TaskError):
    """The result was not there in time."""


class MaxRetriesExceededError(TaskError):
    """The task was tried as often as it may be."""

    def __init__(self, *args: Any, task_args: Any = (), task_kwargs: Any = None) -> None:
        self.task_args = task_args
        self.task_kwargs = task_kwargs or {}
        super().__init__(*args)


class TaskRevokedError(TaskError):
    """The task was called off."""


class InvalidTaskError(TaskError):
    """The call cannot be read."""


class ChordError(TaskError):
    """A member of a chord failed."""


class BackendError(Exception):
    """Base of errors of the result store."""


class BackendGetMetaError(BackendError):
    """Never raised here: a result that cannot be read is an error of the database."""


class BackendStoreError(BackendError):
    """Never raised here: a result is stored together with its end, or neither is."""


class EncodeError(Exception):
    """The value cannot be written as JSON. (kombu's, in Celery.)"""


class SoftTimeLimitExceeded(Exception):
    """The task has run for longer than it should; it may catch this and come to an end. (billiard's, in Celery.)"""

    def __str__(self) -> str:
        return f"SoftTimeLimitExceeded{self.args}"


class TimeLimitExceeded(Exception):
    """The task has run for longer than it may. (billiard's, in Celery.)"""

    def __str__(self) -> str:
        return f"TimeLimitExceeded{self.args}"


class WorkerLostError(Exception):
    """The worker process died while it ran the task. (billiard's, in Celery.)"""


class Terminated(Exception):
    """The task was terminated. (billiard's, in Celery.)"""
