"""When a schedule is due next: after so much time, or at calendar times in a zone.

The rules for days on which the clock is changed are in here. An interval is elapsed time and does not notice. Calendar
times are looked for on the wall clock, in its order, as Celery does: one that the clock skips is due as much later as
it skips (02:30 at 03:30), together with whatever else is due then; one that comes twice is due the first time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import ClassVar, Protocol

from apps.tasks.cron import MONTHS, WEEKDAYS, Calendar

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
#: An interval keeps its rhythm when it is served no later than this; after a longer pause it begins a new one.
PUNCTUAL = timedelta(seconds=5)
#: No clock has ever been set forward or back by more than this in one night, but by whole days at the date line.
LARGEST_SHIFT = timedelta(hours=3)


class Timing(Protocol):
    """What a schedule needs to know of time. All moments are aware."""

    @property
    def text(self) -> str:
        """The same for the same timing, and only then."""

    @property
    def zone(self) -> str:
        """The zone's name."""

    @property
    def patience(self) -> timedelta:
        """How far a clock may be set back before times that were served count as not served yet. Until it has caught
        up, nothing is due: a time is due once."""

    def following(self, due: datetime, now: datetime) -> datetime:
        """When it is due after having been due at `due`, which is served `now`: one moment, however many passed."""

    def first(self, now: datetime) -> datetime:
        """When it is due for the first time, counted from now."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Once in so much elapsed time; `aligned`: at full minutes, hours or days of the zone, whichever it is long."""

    length: timedelta
    aligned: bool = False
    tz: tzinfo = UTC
    patience: ClassVar = timedelta(0)

    @property
    def text(self) -> str:
        seconds = f"{self.length.total_seconds():.6f}".rstrip("0").removesuffix(".")
        return f"every {seconds} s{', aligned' if self.aligned else ''}"

    @property
    def zone(self) -> str:
        return str(self.tz)

    def first(self, now: datetime) -> datetime:
        return self.end_of(now)

    def following(self, due: datetime, now: datetime) -> datetime:
        punctual = not self.aligned and now - due <= min(PUNCTUAL, self.length)
        return self.end_of(due if punctual else now)

    def end_of(self, start: datetime) -> datetime:
        """When an interval that began at `start` is over."""
        if not self.aligned:
            return start.astimezone(UTC) + self.length
        local = start.astimezone(self.tz)
        return self._midnight_after(local) if self.length >= DAY else self._boundary_before_end(local)

    def _midnight_after(self, start: datetime) -> datetime:
        """Of the calendar day that is so many days later; of a midnight that comes twice, the next one."""
        end = start.replace(tzinfo=None) + self.length
        midnights = moments_of(end.replace(hour=0, minute=0, second=0, microsecond=0), self.tz)
        later = [moment for moment in midnights if moment > start]
        return min(later) if later else moments_of(end, self.tz)[0]

    def _boundary_before_end(self, start: datetime) -> datetime:
        """The last full hour (minute, second) within the interval, or else the first one behind it."""
        end = start.astimezone(UTC) + self.length
        unit = HOUR if self.length >= HOUR else MINUTE if self.length >= MINUTE else timedelta(seconds=1)
        if unit < MINUTE:
            full = end.replace(microsecond=0)
            return full if full > start else end
        later = [moment for moment in self._boundaries(start, end, unit) if moment > start]
        return max((moment for moment in later if moment <= end), default=min(later))

    def _boundaries(self, start: datetime, end: datetime, unit: timedelta) -> Iterator[datetime]:
        readings = [start.replace(tzinfo=None), end.astimezone(self.tz).replace(tzinfo=None)]
        wall = min(readings).replace(minute=0, second=0, microsecond=0) - LARGEST_SHIFT
        while wall <= max(readings) + LARGEST_SHIFT:
            yield from moments_of(wall, self.tz)
            wall += unit


@dataclass(frozen=True, kw_only=True)
class CalendarTimes:
    """At the minutes of a calendar in a zone. `written` is how a person wrote it: the five fields of a crontab."""

    calendar: Calendar
    written: str
    tz: tzinfo
    patience: ClassVar = timedelta(hours=1)

    @property
    def text(self) -> str:
        return self.written

    @property
    def zone(self) -> str:
        return str(self.tz)

    def first(self, now: datetime) -> datetime:
        """The search goes by the wall clock, so within a repeated hour it may find times that had their turn the
        first time round: those are passed over."""
        wall = now.astimezone(self.tz).replace(tzinfo=None)
        while True:
            wall = self.calendar.next_after(wall)
            moment = moments_of(wall, self.tz)[0]
            if moment > now:
                return moment

    def following(self, due: datetime, now: datetime) -> datetime:  # noqa: ARG002 — what was missed is not made up for
        return self.first(now)


def moments_of(wall: datetime, tz: tzinfo) -> list[datetime]:
    """When a zone's clock shows this naive time: once, twice in the order of time, or, where the clock skips it,
    as much later as it skips. In UTC."""
    moments = sorted({wall.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1)})
    shown = [moment for moment in moments if moment.astimezone(tz).replace(tzinfo=None) == wall]
    if shown:
        return shown
    skipped = _offset(wall + DAY, tz) - _offset(wall - DAY, tz)
    return [(wall + skipped).replace(tzinfo=tz).astimezone(UTC)]


def _offset(wall: datetime, tz: tzinfo) -> timedelta:
    return wall.replace(tzinfo=tz).utcoffset() or timedelta(0)


def describe(text: str) -> str:
    """A timing's text for people: `30 2 * * 1` is "at 02:30 on Mon"."""
    if text.startswith("every "):
        return _describe_interval(text)
    minute, hour, day_of_month, month, day_of_week = text.split(" ")
    parts = [_describe_time(minute, hour)]
    if day_of_week != "*":
        parts.append(f"on {_named(day_of_week, WEEKDAYS, 0)}")
    if day_of_month != "*":
        parts.append(f"on day {day_of_month} of the month")
    if month != "*":
        parts.append(f"in {_named(month, MONTHS, 1)}")
    return " ".join(parts)


def _describe_interval(text: str) -> str:
    length, _, aligned = text.removeprefix("every ").partition(", ")
    seconds = float(length.removesuffix(" s"))
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        if seconds >= size and seconds % size == 0:
            number = int(seconds // size)
            shown = f"every {unit}" if number == 1 else f"every {number} {unit}s"
            break
    else:
        shown = f"every {length.removesuffix(' s')} seconds"
    return f"{shown}, at full ones" if aligned else shown


def _describe_time(minute: str, hour: str) -> str:
    if minute.isdigit() and all(part.isdigit() for part in hour.split(",")):
        return "at " + ", ".join(f"{int(part):02}:{int(minute):02}" for part in hour.split(","))
    if minute == "*":
        minutes = "every minute"
    elif minute.startswith("*/"):
        minutes = f"every {minute[2:]} minutes"
    else:
        minutes = f"at minute {minute}"
    return minutes if hour == "*" else f"{minutes} of hour {hour}"


def _named(field: str, names: tuple[str, ...], first: int) -> str:
    """Numbers that stand alone become names; the rest is shown as it is written."""
    numbered = {str(number): name for number, name in enumerate(names, start=first)}
    return ", ".join(numbered.get(part, part).capitalize() for part in field.split(","))
