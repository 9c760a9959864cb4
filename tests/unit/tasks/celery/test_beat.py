"""Entries of a beat schedule: Celery's forms, and what is refused."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from apps.tasks import schedules
from apps.tasks.celery import Celery, beat, current, shared_task
from apps.tasks.celery.app import declare_schedules
from apps.tasks.celery.checks import check_settings
from apps.tasks.celery.exceptions import NotSupportedError
from apps.tasks.celery.schedules import crontab, schedule
from apps.tasks.checks import check_schedules


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
        ({"task": "t", "schedule": 5, "options": {"routing_key": "x"}}, "name a queue"),
        ({"task": "t", "schedule": 5, "options": {"expire": 5}}, "Did you mean 'expires'"),
        ({"task": "t", "schedule": "daily"}, "use a crontab"),
        ({"task": "t", "schedule": None}, "use a crontab"),
        ({"task": "t", "schedule": OwnWay()}, r"is_due\(\) of its own"),
        ({"task": "t", "schedule": crontab(nowfun=lambda: None)}, r"nowfun\(\) of its own"),
    ],
)
def test_what_would_not_be_done_is_refused(app, declared, entry, reason):
    with pytest.raises(NotSupportedError, match=reason):
        beat.declare_entry("nightly", entry, app=app)
    assert declared == {}


@shared_task(name="beat.probe")
def probe(word="", times=1):
    pass


@pytest.fixture
def celery_app(monkeypatch):
    """The only app of the process, as far as the test goes."""
    app = Celery("probe", set_as_current=False)
    monkeypatch.setattr(current, "_apps", [app])
    return app


def test_the_entries_of_the_settings_are_declared(celery_app, declared, settings):
    settings.CELERY_TIMEZONE = "Asia/Tokyo"
    settings.CELERY_BEAT_SCHEDULE = {"nightly": {"task": "beat.probe", "schedule": crontab(hour=3, minute=0)}}
    declare_schedules()

    assert (declared["nightly"].task, declared["nightly"].timing.zone) == ("beat.probe", "Asia/Tokyo")
    assert schedules.unknown_tasks() == {}


def test_without_a_zone_of_celerys_own_it_is_djangos(celery_app, declared, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    settings.CELERY_BEAT_SCHEDULE = {"nightly": {"task": "beat.probe", "schedule": crontab(hour=3, minute=0)}}
    declare_schedules()

    assert declared["nightly"].timing.zone == "Europe/Berlin"


def test_without_any_zone_it_is_utc():
    app = Celery("probe", set_as_current=False)
    app.config_from_object({})

    assert app.timezone is UTC


def test_what_an_app_adds_when_it_is_configured_is_declared(celery_app, declared):
    @celery_app.on_after_configure.connect
    def add(sender, **_):
        sender.add_periodic_task(10, probe.s("hello", times=2), name="greet", expires=5)
        sender.add_periodic_task(crontab(minute=0), probe, args=("hour",))

    declare_schedules()

    assert set(declared) == {"greet", "beat.probe('hour')"}
    said = json.loads(declared["greet"].arguments)
    assert said == {"args": ["hello"], "kwargs": {"times": 2}, "options": {"expires": 5}}


GOOD = {"task": "beat.probe", "schedule": 5}


@pytest.fixture
def collected(monkeypatch, celery_app, declared):
    """The process asks for its declarations for the first time."""
    monkeypatch.setattr(schedules, "_collectors", [declare_schedules])
    return declared


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"task": "beat.probe", "schedul": 5}, "Did you mean 'schedule'?"),
        ({"task": "beat.probe", "schedule": "*/5 * * * *"}, "crontab.from_string('*/5 * * * *')"),
        ({"task": "beat.probe", "schedule": 0}, "due all the time"),
        ({"task": "beat.probe", "schedule": 5, "options": {"countdwn": 1}}, "Did you mean 'countdown'?"),
        ({"task": "beat.probe", "schedule": 5, "args": [object()]}, "what JSON can hold"),
        (None, "has to be a dict"),
    ],
)
def test_a_faulty_entry_is_an_error_of_the_checks_and_hides_no_other(collected, settings, entry, words):
    unknown = {"task": "no.such", "schedule": 5}
    settings.CELERYBEAT_SCHEDULE = {"nightly": entry, "good": GOOD, "unknown": unknown}

    for _ in range(2):  # whoever asks again is told again
        faulty, stray = check_schedules()

        assert (faulty.id, stray.id) == ("tasks.E004", "tasks.E001")
        assert "'nightly'" in faulty.msg
        assert words in faulty.msg
        assert faulty.hint
        assert {"good", "unknown"} <= set(collected)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CELERY_TIMEZONE", "Europe/Berln", "Did you mean 'Europe/Berlin'?"),
        ("CELERY_BEAT_SCHEDULE", [GOOD], "dict of entries"),
    ],
)
def test_a_faulty_setting_is_told_once_by_its_name(collected, settings, name, value, words):
    settings.CELERY_BEAT_SCHEDULE = {"good": GOOD, "bad": {"task": "beat.probe", "schedule": 0}}
    setattr(settings, name, value)

    (error,) = check_settings()

    assert (error.id, error.msg.startswith(f"{name}: "), words in error.msg) == ("tasks.E002", True, True)
    assert "Correct it" in error.hint
    assert [(found.id, "'bad'" in found.msg) for found in check_schedules()] == (
        [("tasks.E004", True)] if name == "CELERY_TIMEZONE" else []
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CELERY_TIMEZONE", "Europe/Berln", "no time zone 'Europe/Berln'"),
        ("CELERY_BEAT_SCHEDULE", {"nightly": {"task": "beat.probe", "schedule": "daily"}}, "'nightly'"),
        ("CELERY_BEAT_SCHEDULE", [GOOD], "dict of entries"),
    ],
)
def test_a_worker_does_not_start_with_what_cannot_be_had(collected, settings, name, value, words):
    settings.CELERY_BEAT_SCHEDULE = {"good": GOOD}
    setattr(settings, name, value)

    with pytest.raises(CommandError, match=words):
        call_command("worker")
