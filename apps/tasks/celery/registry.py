"""All tasks by name. Tasks may be declared before Django is ready: their actors are made when it is."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from apps.tasks.celery.exceptions import AlreadyRegistered, NotRegistered

if TYPE_CHECKING:
    from apps.tasks.celery.task import Task


class TaskRegistry(dict[str, "Task"]):
    """What `app.tasks` is. There is one: a worker runs the tasks of every app that its process has imported."""

    def __init__(self) -> None:
        super().__init__()
        self._declare: Callable[[Task], None] | None = None

    def __missing__(self, name: str) -> "Task":
        raise NotRegistered(name)

    def add(self, task: "Task") -> None:
        """Raises AlreadyRegistered for a name that is taken."""
        if task.name in self:
            raise AlreadyRegistered(f"{task.name!r} is the name of another task: {self[task.name]!r}")
        self[task.name] = task
        if self._declare is not None:
            self._declare(task)

    def open(self, declare: "Callable[[Task], None]") -> None:
        """Django is ready: declare the actors of what is known, and of what comes, at once."""
        self._declare = declare
        for task in self.values():
            declare(task)


tasks = TaskRegistry()
