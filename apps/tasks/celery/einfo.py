"""What hooks and listeners are told of an error: Celery's `ExceptionInfo`."""

from types import TracebackType

from apps.tasks import retries


class ExceptionInfo:
    """Attributes:
    type: the error's class.
    exception: the error.
    traceback: the traceback as text; `str()` gives the same.
    tb: the traceback itself.
    """

    internal = False

    def __init__(self, exception: BaseException) -> None:
        self.type = type(exception)
        self.exception = exception
        self.tb = exception.__traceback__
        self.traceback = retries.lines_of(exception)

    @property
    def exc_info(self) -> tuple[type[BaseException], BaseException, TracebackType | None]:
        return self.type, self.exception, self.tb

    def __str__(self) -> str:
        return self.traceback

    def __repr__(self) -> str:
        return f"<ExceptionInfo: {self.exception!r}>"
