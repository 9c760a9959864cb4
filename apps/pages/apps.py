"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate

from apps.pages import triggers


class PagesConfig(AppConfig):
    name = "apps.pages"

    def ready(self) -> None:
        from apps.pages.checks import check_kinds  # noqa: PLC0415 — the models are there from here on

        checks.register(check_kinds)
        post_migrate.connect(_install_triggers, sender=self)


def _install_triggers(using: str, **_signal: Any) -> None:
    triggers.install(using)
