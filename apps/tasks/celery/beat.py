"""Entries of a beat schedule, in Celery's forms, as declarations of the task layer.

What Celery keeps in a scheduler of its own stands in a row here; what an entry may say and is not kept is refused.
"""

import difflib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from apps.tasks import schedules
from apps.tasks.celery import options as known_options
from apps.tasks.celery.exceptions import NotSupportedError
from apps.tasks.celery.schedules import App, BaseSchedule, crontab, maybe_schedule, schedule

KEYS = frozenset({"task", "schedule", "args", "kwargs", "options", "relative"})


class SendingApp(App, Protocol):
    """A schedule's app, which knows the tasks by name."""

    @property
    def tasks(self) -> Mapping[str, Any]: ...


def declare_entry(name: str, entry: Mapping[str, Any], *, app: SendingApp) -> None:
    """Declare one entry of `beat_schedule`: {task, schedule, args, kwargs, options, relative}.

    The task is looked up when it is due, as the entry may be read before its module. Raises NotSupportedError.
    """
    _refuse_misspelt(name, entry)
    when = maybe_schedule(entry["schedule"], bool(entry.get("relative", False)), app=app)
    _refuse_own_ways(name, when)
    task: str = entry["task"]
    args, kwargs = tuple(entry.get("args") or ()), dict(entry.get("kwargs") or {})
    options = dict(entry.get("options") or {})
    known_options.check_call(task, options)

    def send() -> str:
        # As Celery's beat does, so that a task can tell who sent it.
        headers = {**dict(options.get("headers") or ()), "celery_beat_task": True}
        return schedules.id_of(app.tasks[task].apply_async(args, kwargs, **{**options, "headers": headers}))

    said = {"args": list(args), "kwargs": kwargs, "options": options}
    schedules.declare(name=name, task=task, timing=when.timing, arguments=said, send=send)


def _refuse_misspelt(name: str, entry: Any) -> None:
    if not isinstance(entry, Mapping):
        raise NotSupportedError(f"beat_schedule[{name!r}] has to be a dict with 'task' and 'schedule', not {entry!r}.")
    unknown = sorted(str(key) for key in set(entry) - KEYS)
    if unknown or not {"task", "schedule"} <= set(entry):
        near = [close for key in unknown for close in difflib.get_close_matches(key, sorted(KEYS), n=1)]
        raise NotSupportedError(
            f"beat_schedule[{name!r}] has to have 'task' and 'schedule'; known are also"
            f" {', '.join(sorted(KEYS - {'task', 'schedule'}))}. Not known: {', '.join(unknown) or 'none'}."
            + (f" Did you mean {', '.join(map(repr, near))}?" if near else "")
        )


def _refuse_own_ways(name: str, when: Any) -> None:
    """The next run stands in a row and is reckoned from `timing`: code that decides otherwise would not be asked."""
    if not isinstance(when, schedule | crontab):
        raise NotSupportedError(
            f"beat_schedule[{name!r}] has the schedule {when!r}: use a crontab, a schedule, a timedelta or a number."
            + (
                f" crontab.from_string({when!r}) reads it."
                if isinstance(when, str) and len(when.split(" ")) == 5
                else ""
            )
        )
    if isinstance(when, schedule) and when.run_every is not None and when.run_every <= timedelta(0):
        raise NotSupportedError(f"beat_schedule[{name!r}] would be due all the time: every {when.run_every}.")
    own = [
        method
        for method in ("is_due", "remaining_estimate", "now")
        if getattr(type(when), method) not in (getattr(base, method) for base in (schedule, crontab, BaseSchedule))
    ]
    if own or when.nowfun is not None:
        raise NotSupportedError(
            f"beat_schedule[{name!r}] decides by {own[0] if own else 'nowfun'}() of its own when it is due, which is"
            " not supported: ticks go by the database's clock. Let the task decide whether there is something to do."
        )
