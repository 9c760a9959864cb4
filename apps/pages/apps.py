"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from apps.pages import triggers


class PagesConfig(AppConfig):
    name = "apps.pages"

    def ready(self) -> None:
        post_migrate.connect(_install_triggers, sender=self)


def _install_triggers(using: str, **_signal: Any) -> None:
    triggers.install(using)
