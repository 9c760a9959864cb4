"""System checks of the task layer: what is wrong in the code is told before a worker starts."""

from typing import Any

from django.core.checks import CheckMessage, Error

from apps.tasks import discovery, schedules
from apps.tasks.celery.exceptions import FaultySettingError


def check_schedules(**_options: Any) -> list[CheckMessage]:
    """A schedule that cannot be declared, or whose task does not exist, would never be sent."""
    discovery.import_tasks()
    # What a setting is at fault for is told once, of the setting.
    faulty = {name: error for name, error in schedules.faults().items() if not isinstance(error, FaultySettingError)}
    undeclared: list[CheckMessage] = [
        Error(
            f"The schedule {name!r} cannot be had: {error}",
            hint="Correct the entry, or remove it. See docs/how-to/schedule-a-task.md.",
            id="tasks.E004",
        )
        for name, error in faulty.items()
    ]
    return undeclared + [
        Error(
            f"The schedule {name!r} sends the task {task!r}, which no module declares.",
            hint="Correct the task's name, or import its module from a `tasks` module of an installed app.",
            id="tasks.E001",
        )
        for name, task in schedules.unknown_tasks().items()
    ]
