"""Celery's schedules: `crontab`, `schedule`, and what tells a schedule from a number.

They answer Celery's questions (`is_due`, `remaining_estimate`, `remaining_delta`) with Celery's semantics. What decides
when a tick is sent is their `timing`, of which these answers are another view.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from apps.tasks import cron
from apps.tasks.celery.exceptions import ImproperlyConfigured, NotSupportedError
from apps.tasks.cron import Calendar, Field, FieldParser, ParseException
from apps.tasks.timing import CalendarTimes, Interval, Timing

__all__ = ["ParseException", "crontab", "crontab_parser", "maybe_schedule", "schedstate", "schedule", "solar"]

crontab_parser = FieldParser
Now = Callable[[], datetime]


class App(Protocol):
    """What a schedule asks of a Celery app."""

    @property
    def timezone(self) -> tzinfo | str: ...

    @property
    def conf(self) -> Any: ...

    def now(self) -> datetime: ...


class schedstate(NamedTuple):
    """Whether a schedule is due, and in how many seconds to ask again."""

    is_due: bool
    next: float


class BaseSchedule:
    """A schedule of an app, or without one in the settings' CELERY_TIMEZONE or else TIME_ZONE.

    Parameters:
      nowfun: answers `now()` instead of the clock, for whoever asks `is_due`. Ticks go by the database's clock.
    """

    def __init__(self, nowfun: Now | None = None, app: App | None = None) -> None:
        self.nowfun = nowfun
        self.app = app

    def now(self) -> datetime:
        if self.nowfun:
            return self.nowfun()
        return self.app.now() if self.app else timezone.now()

    @property
    def tz(self) -> tzinfo:
        zone = self.app.timezone if self.app else getattr(settings, "CELERY_TIMEZONE", None) or settings.TIME_ZONE
        return ZoneInfo(zone) if isinstance(zone, str) else zone

    @property
    def timing(self) -> Timing:
        raise NotImplementedError

    def maybe_make_aware(self, moment: datetime) -> datetime:
        """Naive times are read in UTC."""
        return moment.replace(tzinfo=UTC).astimezone(self.tz) if timezone.is_naive(moment) else moment

    def remaining_estimate(self, last_run_at: datetime) -> timedelta:
        """From now until the run after `last_run_at`; negative when it is overdue."""
        raise NotImplementedError

    def is_due(self, last_run_at: datetime) -> schedstate:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return other.nowfun == self.nowfun if isinstance(other, BaseSchedule) else NotImplemented

    #: As in Celery: schedules compare by value and can be changed.
    __hash__ = None  # type: ignore[assignment]


class schedule(BaseSchedule):
    """Once in so many seconds, or a timedelta; `relative`: at full minutes, hours or days."""

    def __init__(
        self,
        run_every: float | timedelta | None = None,
        relative: bool = False,
        nowfun: Now | None = None,
        app: App | None = None,
    ) -> None:
        self.run_every = timedelta(seconds=run_every) if isinstance(run_every, int | float) else run_every
        self.relative = relative
        super().__init__(nowfun=nowfun, app=app)

    @property
    def timing(self) -> Interval:
        if self.run_every is None:
            raise ImproperlyConfigured("schedule() without run_every is never due.")
        return Interval(length=self.run_every, aligned=self.relative, tz=self.tz)

    @property
    def seconds(self) -> float:
        return max(self.timing.length.total_seconds(), 0)

    @property
    def human_seconds(self) -> str:
        for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
            if (number := round(self.seconds, 2) / size) >= 1:
                return f"{number:.2f} {unit}{'s' if number > 1 else ''}"
        return "now"

    def remaining_estimate(self, last_run_at: datetime) -> timedelta:
        end = self.timing.end_of(self.maybe_make_aware(last_run_at).astimezone(self.tz))
        return end.astimezone(UTC) - self.maybe_make_aware(self.now()).astimezone(UTC)

    def is_due(self, last_run_at: datetime) -> schedstate:
        remaining = max(self.remaining_estimate(last_run_at).total_seconds(), 0)
        if remaining:
            return schedstate(is_due=False, next=remaining)
        until_next = self.remaining_estimate(self.now()).total_seconds() if self.relative else 0
        return schedstate(is_due=True, next=until_next if until_next > 0 else self.seconds)

    def __repr__(self) -> str:
        return f"<freq: {self.human_seconds}>"

    def __eq__(self, other: object) -> bool:
        return self.run_every == (other.run_every if isinstance(other, schedule) else other)

    __hash__ = None  # see BaseSchedule

    def __reduce__(self) -> tuple[Any, ...]:
        return self.__class__, (self.run_every, self.relative, self.nowfun)


@dataclass(frozen=True)
class ffwd:
    """A wall-clock time to be added to a datetime, which takes its place."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int = 0
    microsecond: int = 0

    def __radd__(self, other: datetime) -> datetime:
        return other.replace(**self._fields(), fold=0)

    def _fields(self) -> dict[str, Any]:
        return dict(vars(self))


class crontab(BaseSchedule):
    """At calendar times: a minute is named by all five fields together. Sunday is 0.

    Raises ValueError, ParseException or TypeError for fields that name nothing.
    """

    def __init__(
        self,
        minute: Field = "*",
        hour: Field = "*",
        day_of_week: Field = "*",
        day_of_month: Field = "*",
        month_of_year: Field = "*",
        **kwargs: Any,
    ) -> None:
        self._written = (minute, hour, day_of_week, day_of_month, month_of_year)
        self._kwargs = kwargs
        calendar = cron.calendar_of(
            minute=minute,
            hour=hour,
            day_of_month=day_of_month,
            month_of_year=month_of_year,
            day_of_week=day_of_week,
        )
        self.minute: set[int] = set(calendar.minute)
        self.hour: set[int] = set(calendar.hour)
        self.day_of_month: set[int] = set(calendar.day_of_month)
        self.month_of_year: set[int] = set(calendar.month_of_year)
        self.day_of_week: set[int] = set(calendar.day_of_week)
        super().__init__(**kwargs)

    @classmethod
    def from_string(cls, crontab: str) -> "crontab":
        """`minute hour day_of_month month_of_year day_of_week`, as in a crontab."""
        minute, hour, day_of_month, month_of_year, day_of_week = cron.fields_of(crontab, " ")
        return cls(minute, hour, day_of_week, day_of_month, month_of_year)

    _expand_cronspec = staticmethod(cron.expand)

    @property
    def timing(self) -> CalendarTimes:
        calendar = Calendar(
            minute=frozenset(self.minute),
            hour=frozenset(self.hour),
            day_of_month=frozenset(self.day_of_month),
            month_of_year=frozenset(self.month_of_year),
            day_of_week=frozenset(self.day_of_week),
        )
        minute, hour, day_of_week, day_of_month, month_of_year = self._written
        written = [
            cron.written(minute, self.minute, 60),
            cron.written(hour, self.hour, 24),
            cron.written(day_of_month, self.day_of_month, 31),
            cron.written(month_of_year, self.month_of_year, 12),
            cron.written(day_of_week, self.day_of_week, 7),
        ]
        return CalendarTimes(calendar=calendar, written=" ".join(written), tz=self.tz)

    def remaining_delta(
        self, last_run_at: datetime, tz: str | tzinfo | None = None, ffwd: Callable[..., Any] = ffwd
    ) -> tuple[datetime, Any, datetime]:
        """The last run, what is to be added to it to have the next one, and now; all in the schedule's zone."""
        zone = ZoneInfo(tz) if isinstance(tz, str) else tz or self.tz
        last = self.maybe_make_aware(last_run_at).astimezone(zone)
        following = replace(self.timing, tz=zone).first(last).astimezone(zone)
        delta = ffwd(
            year=following.year,
            month=following.month,
            day=following.day,
            hour=following.hour,
            minute=following.minute,
            second=0,
            microsecond=0,
        )
        return last, delta, self.maybe_make_aware(self.now()).astimezone(zone)

    def remaining_estimate(self, last_run_at: datetime) -> timedelta:
        return self.timing.first(self.maybe_make_aware(last_run_at)) - self._now_utc()

    def is_due(self, last_run_at: datetime) -> schedstate:
        """With `beat_cron_starting_deadline` in the app's configuration, what was missed longer ago is let go."""
        remaining = self.remaining_estimate(last_run_at)
        if remaining > timedelta(0):
            return schedstate(is_due=False, next=remaining.total_seconds())
        now = self._now_utc()
        seconds = getattr(self.app.conf, "beat_cron_starting_deadline", None) if self.app else None
        # A microsecond less, as a run exactly at the deadline is in time.
        since = None if seconds is None else now - timedelta(seconds=seconds, microseconds=1)
        missed = since is not None and remaining < timedelta(0) and self.timing.first(since) > now
        return schedstate(is_due=not missed, next=(self.timing.first(now) - now).total_seconds())

    def _now_utc(self) -> datetime:
        return self.maybe_make_aware(self.now()).astimezone(UTC)

    def __repr__(self) -> str:
        minute, hour, day_of_week, day_of_month, month_of_year = self._written
        return f"<crontab: {minute} {hour} {day_of_month} {month_of_year} {day_of_week} (m/h/dM/MY/d)>"

    def __reduce__(self) -> tuple[Any, ...]:
        return self.__class__, self._written, self._kwargs

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._kwargs = dict(state)
        super().__init__(**state)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, crontab):
            return NotImplemented
        names = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
        return all(getattr(self, name) == getattr(other, name) for name in names) and super().__eq__(other)

    __hash__ = None  # see BaseSchedule


def maybe_schedule(every: Any, relative: bool = False, app: App | None = None) -> Any:
    """A number of seconds or a timedelta as a schedule; a schedule is given the app."""
    if isinstance(every, int | float | timedelta):
        return schedule(every, relative, app=app)
    if isinstance(every, BaseSchedule):
        every.app = app
    return every


def solar(*_args: Any, **_kwargs: Any) -> None:
    """Refused."""
    raise NotSupportedError(
        "solar() is not supported here: it needs an astronomical library for what no project was found to use."
        " Use a crontab, and let the task decide whether it is light."
    )
