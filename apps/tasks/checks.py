"""System checks of the task layer: what is wrong in the code is told before a worker starts."""

from typing import Any

from django.core.checks import CheckMessage, Error

from apps.tasks import discovery, schedules


def check_schedules(**_options: Any) -> list[CheckMessage]:
    """A schedule whose task does not exist would never be sent."""
    discovery.import_tasks()
    return [
        Error(
            f"The schedule {name!r} sends the task {task!r}, which no module declares.",
            hint="Correct the task's name, or import its module from a `tasks` module of an installed app.",
            id="tasks.E001",
        )
        for name, task in schedules.unknown_tasks().items()
    ]
