"""Imports the `tasks` module of every installed app, which declares its tasks, and what Celery apps name besides."""

from importlib import import_module

from django.apps import apps
from django.conf import settings
from django.utils.module_loading import module_has_submodule

from apps.tasks.celery import current


def import_tasks() -> None:
    """Import them all, but those in DRAMATIQ_IGNORED_MODULES. Errors in them are raised."""
    for app in apps.get_app_configs():
        name = f"{app.name}.tasks"
        if app.module and module_has_submodule(app.module, "tasks") and name not in settings.DRAMATIQ_IGNORED_MODULES:
            import_module(name)
    for celery_app in current.apps():
        celery_app.finalize()
