"""What is known of a call by its id, in Celery's words: each fact is read out of the invocation's row."""

from typing import Any

from apps.tasks.celery import reading, states


class Facts:
    """Of one call. Once it has ended, what was read is kept and the row is not read again."""

    def __init__(self, id: str, task_name: str | None = None) -> None:
        self.id = id
        self.task_name = task_name
        self._cache: dict[str, Any] | None = None

    def _get_task_meta(self) -> dict[str, Any]:
        if self._cache is not None:
            return self._cache
        meta = reading.read_meta(self.id)
        if meta["status"] in states.READY_STATES:
            self._cache = meta
        return meta

    @property
    def state(self) -> str:
        """PENDING, STARTED, RETRY, SUCCESS, FAILURE, REVOKED, or what the task has told with `update_state`."""
        found: str = self._get_task_meta()["status"]
        return found

    status = state

    @property
    def result(self) -> Any:
        """What the task returned, the error it ended with or is tried again for, or what goes with its state."""
        return self._get_task_meta()["result"]

    info = result

    @property
    def traceback(self) -> str | None:
        found: str | None = self._get_task_meta()["traceback"]
        return found

    @property
    def date_done(self) -> Any:
        return self._get_task_meta()["date_done"]

    @property
    def name(self) -> str | None:
        found: str | None = self._get_task_meta()["name"] or self.task_name
        return found

    @property
    def args(self) -> Any:
        return self._get_task_meta()["args"]

    @property
    def kwargs(self) -> Any:
        return self._get_task_meta()["kwargs"]

    @property
    def worker(self) -> str | None:
        found: str | None = self._get_task_meta()["worker"]
        return found

    @property
    def retries(self) -> int | None:
        found: int | None = self._get_task_meta()["retries"]
        return found

    @property
    def queue(self) -> str | None:
        found: str | None = self._get_task_meta()["queue"]
        return found

    def exists(self) -> bool:
        """Whether there is something to be told about this id beyond that it may be waiting."""
        return self.state != states.PENDING

    def ready(self) -> bool:
        return self.state in states.READY_STATES

    def successful(self) -> bool:
        return self.state == states.SUCCESS

    def failed(self) -> bool:
        return self.state == states.FAILURE
