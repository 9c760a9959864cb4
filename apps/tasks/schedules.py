"""Schedules as code declares them: a task, when it is sent, and with what.

Every worker process knows the declarations of its code; `timetable` keeps a row of each, and `ticker` sends what is
due. Declaring is done while modules are imported, so nothing in here touches the database.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import dramatiq
from django.conf import settings
from django.utils.timezone import now

from apps.tasks import cron as cron_times
from apps.tasks.errors import FaultySchedulesError, ScheduleExistsError
from apps.tasks.timing import CalendarTimes, Interval, Timing

NAME_MAX_CHARS = 255
#: What arguments and options may hold beyond plain JSON.
TEXTUAL = (datetime, date, time, timedelta, Decimal, UUID)


class CeleryStyled(Protocol):
    """A task that is sent as Celery's are."""

    @property
    def name(self) -> str: ...

    @property
    def apply_async(self) -> Callable[..., Any]: ...


Task = TypeVar("Task", bound="dramatiq.Actor[..., Any] | CeleryStyled")


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """One schedule. `send` sends the task and answers the invocation's id; `arguments` shows what is sent, as JSON."""

    name: str
    task: str
    timing: Timing
    arguments: str
    send: Callable[[], str] = field(compare=False)

    @cached_property
    def digest(self) -> str:
        """Releases that run side by side declare the same schedule if they agree on this."""
        said = [self.task, self.timing.text, self.timing.zone, self.arguments]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


_declared: dict[str, Declaration] = {}
_ticking: ContextVar[bool] = ContextVar("ticking", default=False)
_collectors: list[Callable[[], None]] = []


def every(
    *,
    seconds: float,
    name: str | None = None,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Callable[[Task], Task]:
    """Send the decorated task once in so much elapsed time: `@schedules.every(seconds=3600)` above the task.

    `options` are those of `send_with_options` or `apply_async`. The name is the task's, unless it is given.
    """
    timing = Interval(length=timedelta(seconds=seconds))
    return lambda task: _declare_for(task, timing, name, args, kwargs or {}, options or {})


def cron(
    expression: str,
    *,
    timezone: str | None = None,
    name: str | None = None,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Callable[[Task], Task]:
    """Send the decorated task at calendar times: `@schedules.cron("30 2 * * mon-fri", timezone="Europe/Berlin")`.

    The five fields are minute, hour, day of month, month and day of week (Sunday is 0). All of them have to match, also
    both days. Without a time zone it is the settings' TIME_ZONE. Raises ValueError or ParseException.
    """
    minute, hour, day_of_month, month_of_year, day_of_week = cron_times.fields_of(expression)
    calendar = cron_times.calendar_of(
        minute=minute, hour=hour, day_of_month=day_of_month, month_of_year=month_of_year, day_of_week=day_of_week
    )
    written = " ".join(expression.split())
    timing = CalendarTimes(calendar=calendar, written=written, tz=ZoneInfo(timezone or settings.TIME_ZONE))
    return lambda task: _declare_for(task, timing, name, args, kwargs or {}, options or {})


def declare(*, name: str, task: str, timing: Timing, arguments: Mapping[str, Any], send: Callable[[], str]) -> None:
    """Declare a schedule. Raises ScheduleExistsError when another one has the name, ValueError or RuntimeError for a
    timing that is never due, TypeError for arguments that JSON cannot hold."""
    if not 0 < len(name) <= NAME_MAX_CHARS:
        raise ValueError(f"A schedule's name has 1 to {NAME_MAX_CHARS} characters, not {name!r}.")
    if timing.first(moment := now()) <= moment:
        raise ValueError(f"The schedule {name!r} would be due all the time: {timing.text}.")
    shown = json.dumps(arguments, default=_textual, sort_keys=True, ensure_ascii=False)
    new = Declaration(name=name, task=task, timing=timing, arguments=shown, send=send)
    if name in _declared and _declared[name].digest != new.digest:
        raise ScheduleExistsError(f"Two schedules are named {name!r}. Give one of them a name of its own.")
    _declared[name] = new


def collect(declare_more: Callable[[], None]) -> None:
    """Have a function called once when the declarations are first asked for, all tasks being imported by then."""
    _collectors.append(declare_more)


@contextmanager
def ticking() -> Iterator[None]:
    """The block sends a tick."""
    token = _ticking.set(True)
    try:
        yield
    finally:
        _ticking.reset(token)


def is_ticking() -> bool:
    """Whether what is sent now is a tick: it is sent, never run in place, where it would hold up all others."""
    return _ticking.get()


def declared() -> Mapping[str, Declaration]:
    """Every declaration of this process, by name. Raises FaultySchedulesError, each time, where some cannot be had."""
    while _collectors:
        collector = _collectors[0]
        collector()
        # It has done so without an error, and another thread may have been as fast.
        with suppress(ValueError):
            _collectors.remove(collector)
    return _declared


def faults() -> dict[str, Exception]:
    """Why schedules cannot be declared, by their names."""
    try:
        declared()
    except FaultySchedulesError as error:
        return error.faults
    return {}


def unknown_tasks() -> dict[str, str]:
    """The schedules whose task no module declares, each with the task's name; of those that could be declared."""
    faults()
    known = dramatiq.get_broker().actors
    return {name: one.task for name, one in _declared.items() if one.task not in known}


def _declare_for(
    task: Task,
    timing: Timing,
    name: str | None,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    options: Mapping[str, Any],
) -> Task:
    if isinstance(task, dramatiq.Actor):
        actor: dramatiq.Actor[..., Any] = task
        task_name = actor.actor_name

        def send() -> str:
            message = actor.send_with_options(args=tuple(args), kwargs=dict(kwargs), **options)
            return str(message.message_id)

    elif not hasattr(task, "apply_async"):
        raise TypeError(f"A schedule wants a task, which {task!r} is not. Its line stands above @shared_task.")
    else:
        styled: CeleryStyled = task
        task_name = styled.name

        def send() -> str:
            return id_of(styled.apply_async(tuple(args), dict(kwargs), **options))

    said = {"args": list(args), "kwargs": dict(kwargs), "options": dict(options)}
    declare(name=name or task_name, task=task_name, timing=timing, arguments=said, send=send)
    return task


def id_of(sent: Any) -> str:
    """Of what `apply_async` answered, which a task may have overridden to answer nothing."""
    return str(getattr(sent, "id", "") or "")


def _textual(value: Any) -> str:
    if isinstance(value, TEXTUAL):
        return str(value)
    raise TypeError(f"A schedule's arguments are what JSON can hold, which {value!r} is not.")
