"""Entries of a beat schedule: Celery's forms, and what is refused."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.tasks import schedules
from apps.tasks.celery import beat
from apps.tasks.celery.schedules import crontab, schedule


class Recorded:
    """A task that remembers how it was sent."""

    def __init__(self):
        self.sent = []

    def apply_async(self, *call, **options):
        self.sent.append((*call, options))
        return SimpleNamespace(id="7")


@pytest.fixture
def app():
    return SimpleNamespace(timezone="Europe/Berlin", tasks={"reports.build": Recorded()})


@pytest.fixture
def declared(monkeypatch):
    monkeypatch.setattr(schedules, "_declared", {})
    return schedules._declared


@pytest.mark.parametrize(
    ("when", "text", "zone"),
    [
        (30, "every 30 s", "Europe/Berlin"),
        (timedelta(hours=1), "every 3600 s", "Europe/Berlin"),
        (schedule(timedelta(days=1), relative=True), "every 86400 s, aligned", "Europe/Berlin"),
        (crontab(minute=0, hour="*/3", day_of_week="sun"), "0 */3 * * sun", "Europe/Berlin"),
    ],
)
def test_every_form_of_a_schedule_is_declared(app, declared, when, text, zone):
    beat.declare_entry("nightly", {"task": "reports.build", "schedule": when}, app=app)

    one = declared["nightly"]
    assert (one.task, one.timing.text, one.timing.zone) == ("reports.build", text, zone)


def test_a_crontab_is_due_in_the_apps_time_zone(app, declared):
    beat.declare_entry("nightly", {"task": "reports.build", "schedule": crontab(minute=0, hour=3)}, app=app)

    first = declared["nightly"].timing.first(datetime(2026, 7, 1, tzinfo=UTC))
    assert first == datetime(2026, 7, 1, 1, tzinfo=UTC)


def test_an_entry_is_sent_as_celerys_beat_sends_it(app, declared):
    entry = {"task": "reports.build", "schedule": 30, "args": (1,), "kwargs": {"a": 2}, "options": {"queue": "slow"}}
    beat.declare_entry("nightly", entry, app=app)

    assert declared["nightly"].send() == "7"
    assert declared["nightly"].send() == "7"
    call = ((1,), {"a": 2}, {"queue": "slow", "headers": {"celery_beat_task": True}})
    assert app.tasks["reports.build"].sent == [call, call]
    assert entry["options"] == {"queue": "slow"}


class OwnWay(crontab):
    def is_due(self, last_run_at):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"task": "t"}, "has to have 'task' and 'schedule'"),
        ({"schedule": 5}, "has to have 'task' and 'schedule'"),
        ({"task": "t", "schedule": 5, "description": "x"}, "Not known: description"),
        ({"task": "t", "schedule": "daily"}, "use a crontab"),
        ({"task": "t", "schedule": None}, "use a crontab"),
        ({"task": "t", "schedule": OwnWay()}, r"is_due\(\) of its own"),
        ({"task": "t", "schedule": crontab(nowfun=lambda: None)}, r"nowfun\(\) of its own"),
    ],
)
def test_what_would_not_be_done_is_refused(app, declared, entry, reason):
    with pytest.raises(ImproperlyConfigured, match=reason):
        beat.declare_entry("nightly", entry, app=app)
    assert declared == {}
