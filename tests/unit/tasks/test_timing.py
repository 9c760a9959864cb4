"""When a schedule is due, through changes of the clock in three zones."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from apps.tasks import timing
from apps.tasks.celery.schedules import crontab
from apps.tasks.timing import CalendarTimes, Interval

BERLIN, NEW_YORK, LORD_HOWE = (ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe"))
MINUTES = timedelta(minutes=1)


def at(zone, **fields):
    timing_in_utc = crontab(**fields).timing
    return CalendarTimes(calendar=timing_in_utc.calendar, written=timing_in_utc.written, tz=zone)


def ticks(times, begin, end):
    """As the clock on the wall shows them, each tick served the moment it is due."""
    zone = times.tz
    moment, last, found = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (begin, end, end))
    found = []
    while (moment := times.first(moment)) <= last:
        found.append(moment.astimezone(zone).isoformat())
    return found


@pytest.mark.parametrize(
    ("zone", "begin", "end", "shown"),
    [
        (
            BERLIN,
            "2026-03-28T00:00",
            "2026-03-30T23:00",
            ["2026-03-28T02:30:00+01:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"],
        ),
        (
            BERLIN,
            "2026-10-24T00:00",
            "2026-10-26T23:00",
            ["2026-10-24T02:30:00+02:00", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"],
        ),
        (NEW_YORK, "2026-03-08T00:00", "2026-03-08T23:00", ["2026-03-08T03:30:00-04:00"]),
        (NEW_YORK, "2026-11-01T00:00", "2026-11-01T23:00", ["2026-11-01T02:30:00-05:00"]),
        (LORD_HOWE, "2026-10-04T00:00", "2026-10-04T23:00", ["2026-10-04T02:30:00+11:00"]),
        (LORD_HOWE, "2026-04-05T00:00", "2026-04-05T23:00", ["2026-04-05T02:30:00+10:30"]),
    ],
    ids=["Berlin on", "Berlin back", "New York on", "New York back", "Lord Howe on", "Lord Howe back"],
)
def test_half_past_two_comes_once_a_day(zone, begin, end, shown):
    assert ticks(at(zone, minute=30, hour=2), begin, end) == shown


@pytest.mark.parametrize(
    ("zone", "minute", "hour", "night", "shown"),
    [
        (BERLIN, 30, 2, "2026-10-25", "2026-10-25T02:30:00+02:00"),
        (NEW_YORK, 30, 1, "2026-11-01", "2026-11-01T01:30:00-04:00"),
        (LORD_HOWE, 45, 1, "2026-04-05", "2026-04-05T01:45:00+11:00"),
        (LORD_HOWE, 15, 2, "2026-10-04", "2026-10-04T02:45:00+11:00"),
    ],
)
def test_a_time_that_comes_twice_is_due_first_and_one_that_is_skipped_later(zone, minute, hour, night, shown):
    assert ticks(at(zone, minute=minute, hour=hour), f"{night}T00:00", f"{night}T23:00") == [shown]


def gaps(moments):
    return [(later - earlier) // MINUTES for earlier, later in pairwise(map(datetime.fromisoformat, moments))]


@pytest.mark.parametrize(
    ("zone", "night", "expected"),
    [
        (BERLIN, "2026-03-29", {15}),
        (NEW_YORK, "2026-03-08", {15}),
        (LORD_HOWE, "2026-10-04", {15}),
        (BERLIN, "2026-10-25", {15, 75}),
        (NEW_YORK, "2026-11-01", {15, 75}),
        (LORD_HOWE, "2026-04-05", {15, 45}),
    ],
)
def test_every_quarter_of_an_hour_goes_by_the_clock_on_the_wall(zone, night, expected):
    """As Celery's crontab: no tick twice, so in the night with more hours there is one long pause."""
    shown = ticks(at(zone, minute="*/15"), f"{night}T00:00", f"{night}T12:00")

    assert set(gaps(shown)) == expected
    assert sum(gap > 15 for gap in gaps(shown)) <= 1
    assert len({tick[:16] for tick in shown}) == len(shown)


def test_times_are_not_due_again_for_who_begins_in_the_repeated_hour():
    """Celery's own crontab is due without end there."""
    second_time = datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=BERLIN)

    assert at(BERLIN, minute="*/15").first(second_time) == datetime(2026, 10, 25, 3, 0, tzinfo=BERLIN)


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, LORD_HOWE])
@pytest.mark.parametrize("year_day", ["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05"])
def test_an_interval_does_not_notice(zone, year_day):
    quarter = Interval(length=15 * MINUTES, tz=zone)
    due = datetime.fromisoformat(f"{year_day}T00:00").replace(tzinfo=zone).astimezone(UTC)
    for _ in range(96):
        following = quarter.following(due, due)
        assert following - due == 15 * MINUTES
        due = following


NOON = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("late", "following"),
    [
        (timedelta(0), NOON + 15 * MINUTES),
        (timedelta(seconds=2), NOON + 15 * MINUTES),
        (14 * MINUTES, NOON + 29 * MINUTES),
        (timedelta(days=3), NOON + timedelta(days=3, minutes=15)),
    ],
    ids=["in time", "a little late", "late", "days late"],
)
def test_an_interval_keeps_its_rhythm_until_it_is_late(late, following):
    assert Interval(length=15 * MINUTES).following(NOON, NOON + late) == following


def test_a_short_interval_that_is_late_has_no_burst_to_make_up():
    second = Interval(length=timedelta(seconds=1))

    assert second.following(NOON, NOON + timedelta(seconds=0.9)) == NOON + timedelta(seconds=1)
    assert second.following(NOON, NOON + timedelta(seconds=3)) == NOON + timedelta(seconds=4)


def test_calendar_times_that_passed_are_not_made_up_for():
    noon = at(UTC, minute=0, hour=12)

    assert noon.following(NOON, NOON + timedelta(days=3)) == NOON + timedelta(days=4)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(30, "every 30 s"), (0.5, "every 0.5 s"), (1_234_567, "every 1234567 s"), (1_234_568, "every 1234568 s")],
)
def test_two_intervals_never_have_the_same_text(seconds, text):
    assert Interval(length=timedelta(seconds=seconds)).text == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("every 1 s", "every second"),
        ("every 90 s", "every 90 seconds"),
        ("every 0.5 s", "every 0.5 seconds"),
        ("every 7200 s", "every 2 hours"),
        ("every 86400 s, aligned", "every day, at full ones"),
        ("30 2 * * *", "at 02:30"),
        ("0 8,20 * * 1,5", "at 08:00, 20:00 on Mon, Fri"),
        ("*/15 * * * *", "every 15 minutes"),
        ("*/15 9-17 * * mon-fri", "every 15 minutes of hour 9-17 on Mon-fri"),
        ("5 * 1 2 *", "at minute 5 on day 1 of the month in Feb"),
        ("* * * * *", "every minute"),
    ],
)
def test_people_are_told_in_words(text, shown):
    assert timing.describe(text) == shown
