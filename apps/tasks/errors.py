"""What can go wrong between a caller and the task layer."""

from collections.abc import Mapping


class TaskLayerError(Exception):
    """Base of the task layer's own errors."""


class InvocationExistsError(TaskLayerError):
    """An invocation with this id has not ended yet."""


class ClaimLostError(BaseException):
    """This attempt was superseded: its worker was taken for dead and the invocation was given to another.

    No Exception, so that a task's `except Exception` does not take it for a failure of its own work.
    """


class RowsHeldError(TaskLayerError):
    """A departed worker's session still holds its rows: the process is paused in the middle of a transaction."""


class UnsupportedMessageError(TaskLayerError):
    """The message asks for something that this broker does not do."""


class ScheduleExistsError(TaskLayerError):
    """Another schedule has this name."""


class FaultySchedulesError(TaskLayerError):
    """Schedules cannot be declared; those beside them are.

    Attributes:
      faults: what is wrong, by the schedule's name.
    """

    def __init__(self, faults: Mapping[str, Exception]) -> None:
        self.faults = dict(faults)
        super().__init__("; ".join(f"the schedule {name!r}: {error}" for name, error in self.faults.items()))
