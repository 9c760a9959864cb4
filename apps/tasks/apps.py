"""App configuration: opens the shim's registry, whose tasks may have been declared before Django was ready."""

from django.apps import AppConfig
from django.core import checks

from apps.tasks import schedules
from apps.tasks.celery import actors, app, registry
from apps.tasks.celery.checks import check_settings


class TasksConfig(AppConfig):
    name = "apps.tasks"
    label = "tasks"

    def ready(self) -> None:
        from apps.tasks.checks import check_schedules  # noqa: PLC0415 — the models are there from here on

        registry.tasks.open(actors.declare)
        schedules.collect(app.declare_schedules)
        checks.register(check_schedules)
        checks.register(check_settings)
