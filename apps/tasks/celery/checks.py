"""System checks of Celery's settings: what cannot be had is an error, what has no effect a warning with what serves
instead."""

from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning

from apps.tasks.celery import current, settings
from apps.tasks.celery.conf import nearest


def check_settings(**_options: Any) -> list[CheckMessage]:
    """The settings of every app that this process has made."""
    found: list[CheckMessage] = []
    for app in current.apps():
        for name, value in app.conf.given().items():
            found += _check(name, value)
    return found


def _check(name: str, value: Any) -> list[CheckMessage]:
    shown = f"CELERY_{name.upper()}"
    if fault := settings.fault(name, value):
        hint = "Correct it, or remove it." if name in settings.FAULT_OF else "Remove it. See docs/from-celery.md."
        return [Error(f"{shown}: {fault}", hint=hint, id="tasks.E002")]
    if name == "broker_url" and value and value != django_settings.REDIS_URL:
        return [
            Error(
                f"{shown} names another broker than this project has.",
                hint="Tasks are rows of DATABASE_URL, woken through REDIS_URL. Set REDIS_URL to it, or remove it.",
                id="tasks.E003",
            )
        ]
    if not settings.is_known(name):
        near = nearest(name)
        hint = f"Did you mean CELERY_{near.upper()}?" if near else "Remove it, or leave it if another library reads it."
        return [Warning(f"{shown} is not a setting of Celery's.", hint=hint, id="tasks.W001")]
    if name not in settings.HONOURED:
        reason = settings.find(settings.WITHOUT_EFFECT, name)
        return [Warning(f"{shown} has no effect here.", hint=f"{reason}.", id="tasks.W002")]
    return []
