"""What can be wrong with asking for a task or calling it off, as errors of the domain."""

from apps.common.errors import DomainError


class NoSuchTaskError(DomainError):
    """There is no such task; it may have ended so long ago that it is no longer kept."""

    code = "not_found"
    status = 404


class TaskRunningError(DomainError):
    """The task is running, and what runs cannot be called off: it ends by itself, or by its time limit."""

    code = "task_running"
    status = 409


class TaskEndedError(DomainError):
    """The task has ended, or has been given up and is about to."""

    code = "task_ended"
    status = 409
