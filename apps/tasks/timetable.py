"""The rows of schedules: written from the declarations, served when they are due, switched by people.

A tick is served by whoever locks the row first and finds it as it was read; sending the task, moving the next run and
noting the last one are one transaction. So each tick is sent once, however many processes look. What is due is decided
by the database's clock, as it is the only one that all of them share.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Now

from apps.tasks import ledger, schedules
from apps.tasks.schedules import Declaration
from apps.tasks.sql import statement

if TYPE_CHECKING:
    from apps.tasks.models import Schedule

logger = logging.getLogger(__name__)

#: A schedule that is declared by a running worker is renewed once in so many seconds …
RENEW_SECONDS = 60.0
#: … and is no longer declared when the others were renewed so much later.
GONE = timedelta(minutes=3)


def publish(declared: Mapping[str, Declaration], *, starting: bool) -> None:
    """Write the declarations of this process, when it starts and then every RENEW_SECONDS. One statement."""
    ours = list(declared.values())
    if not ours:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        # A process that was paused while it sent something holds its row: the ticks of the others must go on.
        cursor.execute("SET LOCAL lock_timeout = '1s'")
        cursor.execute(
            statement("declare"),
            {
                "names": [one.name for one in ours],
                "tasks": [one.task for one in ours],
                "timings": [one.timing.text for one in ours],
                "zones": [one.timing.zone for one in ours],
                "arguments": [ledger.storable(one.arguments) for one in ours],
                "digests": [one.digest for one in ours],
                "starting": starting,
                "gone_seconds": GONE.total_seconds(),
            },
        )


def serve(declared: Mapping[str, Declaration]) -> float | None:
    """Send what is due or asked for; returns the seconds until the next tick, or None when none is in sight.

    One plain statement when nothing is due: each process asks once a second. A schedule that another release declares
    differently is left to its workers.
    Raises OperationalError and InterfaceError when the database is away; what is wrong with one schedule alone does not
    hold up the others.
    """
    seconds = _seconds_to_attention(declared)
    if seconds is None or seconds > 0:
        return seconds
    upcoming = []
    for row in _rows().filter(name__in=list(declared)).annotate(clock=Now()):
        ours, clock = declared[row.name], row.clock
        if row.digest != ours.digest:
            continue
        if row.asked_at is not None:
            _run(ours, {"asked_at": row.asked_at}, {"asked_at": None})
        if row.enabled:
            upcoming.append((_serve_time(row, ours, clock) - clock).total_seconds())
    return min(upcoming, default=None)


def _seconds_to_attention(declared: Mapping[str, Declaration]) -> float | None:
    digests = [one.digest for one in declared.values()]
    with connection.cursor() as cursor:
        cursor.execute(statement("next_tick"), {"names": list(declared), "digests": digests})
        seconds: float | None = cursor.fetchone()[0]
        return seconds


def _serve_time(row: "Schedule", ours: Declaration, clock: datetime) -> datetime:
    """Serve one schedule if its time has come; returns when it is due next."""
    due = row.next_run_at
    if due is None or _is_out_of_reach(row, ours, clock):
        first = ours.timing.first(clock)
        _rows().filter(name=row.name, digest=ours.digest, enabled=True, next_run_at=due).update(
            next_run_at=first, reckoned_at=clock
        )
        return first
    if due > clock:
        return due
    following = ours.timing.following(due, clock)
    _run(ours, {"next_run_at": due, "enabled": True}, {"next_run_at": following, "reckoned_at": clock})
    return following


def _is_out_of_reach(row: "Schedule", ours: Declaration, clock: datetime) -> bool:
    """Whether the next run was set by a clock that was ahead, so far that it would be long in coming."""
    if row.next_run_at is None or row.reckoned_at is None or row.reckoned_at - clock <= ours.timing.patience:
        return False
    return row.next_run_at > ours.timing.first(clock)


def _run(ours: Declaration, as_read: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Send once, if the row still is as it was read and nobody else is at it.

    What cannot be sent is let go, as trying again at once would not help; the row says why, until the next success.
    """
    rows = _rows().filter(name=ours.name, digest=ours.digest, **as_read)
    try:
        with transaction.atomic():
            ledger.let_go_when_paused()
            if rows.select_for_update(skip_locked=True).first() is None:
                return
            with schedules.ticking():
                sent = ours.send()
            rows.update(**changes, last_run_at=Now(), last_invocation=sent, error="")
    except (OperationalError, InterfaceError):
        if not connection.is_usable():
            raise
        # A timeout, another database, a connection that has been replaced: it may pass, so the row stays due.
        logger.exception("a schedule was not sent yet", extra={"action": "schedule_delayed", "schedule": ours.name})
    except (Exception, SystemExit) as error:
        logger.exception("a schedule could not be sent", extra={"action": "schedule_failed", "schedule": ours.name})
        rows.update(**changes, error=ledger.storable(f"{type(error).__name__}: {error}")[: ledger.ERROR_MAX_CHARS])
    else:
        logger.info("sent by schedule", extra={"action": "schedule_sent", "schedule": ours.name, "invocation": sent})


def ask_for_run(names: Iterable[str]) -> int:
    """Have schedules run now, each once however often it is asked for until a worker does it, which takes a second;
    returns how many that are. Not those that no worker declares. It may be switched off, and its rhythm stays."""
    return _rows().filter(name__in=list(names), declared_at__gte=oldest_declared()).update(asked_at=Now())


def switch(names: Iterable[str], *, enabled: bool) -> int:
    """Switch schedules off or on; returns how many changed. What passed while one was off is not made up for."""
    return (
        _rows()
        .filter(name__in=list(names))
        .exclude(enabled=enabled)
        .update(enabled=enabled, next_run_at=None, reckoned_at=None)
    )


def oldest_declared() -> datetime:
    """Schedules that were last renewed before are no longer declared: the workers that were seen last do not know
    them. While no worker runs, all that were declared by the last ones still are."""
    newest: datetime | None = _rows().filter(declared_at__lte=Now()).aggregate(at=Max("declared_at"))["at"]
    return newest - GONE if newest else datetime.min.replace(tzinfo=UTC)


def _rows() -> "QuerySet[Schedule]":
    """The broker is made before there are models, and the ticker with it."""
    return apps.get_model("tasks", "Schedule").objects.all()
