"""What travels with a call besides its arguments: the entry `celery` in the options of its payload.

Only what differs from the default is in there. The sender fills it, the worker makes the request of it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from apps.tasks.celery import current
from apps.tasks.celery.exceptions import NotSupportedError

if TYPE_CHECKING:
    from apps.tasks.celery.task import Task

KEY = "celery"
#: Beside the envelope, where the sender did not know the task: the error that the call ends with if nobody does.
IF_UNKNOWN = "if_unknown"
#: Celery's name of its default queue; ours is another.
QUEUE_ALIASES = {"celery": "default"}

Envelope = dict[str, Any]


def of(options: Mapping[str, Any]) -> Envelope:
    """The envelope in the options of a message or a payload."""
    return options.get(KEY) or {}


def keeps_no_result(options: Mapping[str, Any], task: "Task | None") -> bool:
    """What the sender has said; a sender that did not know the task has left it to that."""
    said = of(options).get("ignore_result")
    return bool(task.ignore_result if said is None and task and IF_UNKNOWN in options else said)


def keeps_errors(options: Mapping[str, Any], task: "Task | None") -> bool:
    """The same of errors, where no result is kept."""
    said = of(options).get("store_errors")
    return bool(task.store_errors_even_if_ignored if said is None and task and IF_UNKNOWN in options else said)


def queue_of(name: Any) -> str:
    """The ledger's name of a queue: Celery's default queue is ours. A kombu Queue that is only a name will do."""
    text = getattr(name, "name", name)
    if not isinstance(text, str) or not text or not (text[0].isalpha() or text[0] == "_"):
        raise NotSupportedError(f"{name!r} cannot be a queue: its name begins with a letter and is not empty.")
    if not all(letter.isalnum() or letter in "._-" for letter in text):
        raise NotSupportedError(f"{name!r} cannot be a queue: its name has letters, digits, dots, dashes, underscores.")
    return QUEUE_ALIASES.get(text, text)


def check_limits(hard: float | None, soft: float | None) -> None:
    if hard and soft and soft > hard:
        raise ValueError("soft_time_limit must be less than or equal to time_limit")


def moment(value: datetime | float | str | None) -> datetime | None:
    """An eta or expiry: a datetime (naive: in the app's zone), ISO text, or seconds from now."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if not isinstance(value, datetime):
        return timezone.now() + timedelta(seconds=float(value))
    return timezone.make_aware(value, current.app().conf.tz) if timezone.is_naive(value) else value


def iso(value: datetime | float | str | None) -> str | None:
    found = moment(value)
    return found.isoformat() if found else None


def delay_ms(countdown: float | None, eta: datetime | str | None) -> int:
    """Milliseconds to wait; a countdown wins."""
    if countdown:
        return max(0, int(countdown * 1000))
    due = moment(eta)
    return max(0, int((due - timezone.now()).total_seconds() * 1000)) if due else 0
