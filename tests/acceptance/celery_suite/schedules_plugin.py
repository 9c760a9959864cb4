"""A plugin for pytest under which Celery's own tests of schedules find ours, and an app to ask for the time zone."""

import os
import sys
from datetime import UTC, datetime, tzinfo
from types import ModuleType, SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import django
import pytest

os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
django.setup()

from tests.acceptance.celery_suite import names  # noqa: E402 — the shim has models

names.install()
#: Only the tests of `solar` use it, and nothing else in their module is to depend on its being installed.
sys.modules["freezegun"] = ModuleType("freezegun")
vars(sys.modules["freezegun"])["freeze_time"] = None


class App:
    """What schedules ask of an app; picklable, as the tests send schedules through pickle."""

    def __init__(self) -> None:
        self.conf = SimpleNamespace(timezone="UTC", enable_utc=True, beat_cron_starting_deadline=None)

    @property
    def timezone(self) -> tzinfo:
        zone = self.conf.timezone
        return ZoneInfo(zone) if isinstance(zone, str) else zone

    @timezone.setter
    def timezone(self, zone: Any) -> None:
        self.conf.timezone = zone

    def now(self) -> datetime:
        return datetime.now(UTC).astimezone(self.timezone)


@pytest.fixture(autouse=True)
def app(request: pytest.FixtureRequest) -> App:
    """Celery's suite gives every test class an app in `self.app`."""
    app = App()
    if request.instance is not None:
        request.instance.app = app
    return app
