"""Celery's schedules where they meet the project; their semantics are judged by Celery's own tests."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.tasks.celery.exceptions import NotSupportedError
from apps.tasks.celery.schedules import crontab, maybe_schedule, schedule, solar


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (crontab(), "* * * * *"),
        (crontab(minute=0, hour=[8, 20]), "0 8,20 * * *"),
        (crontab(minute="*/15", day_of_week="Mon, wed"), "*/15 * * * mon,wed"),
        (crontab(0, 5, day_of_month="1-7", month_of_year=range(1, 13)), "0 5 1-7 * *"),
        (maybe_schedule(90), "every 90 s"),
        (maybe_schedule(timedelta(days=1), relative=True), "every 86400 s, aligned"),
    ],
)
def test_a_schedule_is_shown_as_a_line_of_text(written, text):
    assert written.timing.text == text


def test_the_zone_without_an_app_is_the_settings(settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    assert crontab().timing.zone == "Asia/Tokyo"
    settings.CELERY_TIMEZONE = "Europe/Berlin"
    assert crontab().timing.zone == "Europe/Berlin"


def test_the_zone_with_an_app_is_the_apps():
    class App:
        timezone = "Asia/Tokyo"

    assert maybe_schedule(crontab(hour=3), app=App()).timing.zone == "Asia/Tokyo"


def test_a_schedule_may_be_asked_as_in_celery():
    noon = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)

    assert crontab(minute=0, hour="*/6", nowfun=lambda: noon).is_due(noon - timedelta(hours=1)) == (True, 6 * 3600)
    assert schedule(60, nowfun=lambda: noon).is_due(noon - timedelta(seconds=20)) == (False, 40)
    assert repr(crontab(minute=5)) == "<crontab: 5 * * * * (m/h/dM/MY/d)>"
    assert repr(schedule(90)) == "<freq: 1.50 minutes>"


def test_the_sun_is_not_followed():
    with pytest.raises(NotSupportedError, match="Use a crontab"):
        solar("sunrise", 60, 30)
