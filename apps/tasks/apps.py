"""App configuration."""

from django.apps import AppConfig
from django.core import checks


class TasksConfig(AppConfig):
    name = "apps.tasks"
    label = "tasks"

    def ready(self) -> None:
        from apps.tasks.checks import check_schedules  # noqa: PLC0415 — the models are there from here on

        checks.register(check_schedules)
