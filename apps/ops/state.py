"""The state of things for the admin's front page. Every statement is bounded, so it costs the same with any ledger."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from apps.files import selectors as files
from apps.ops.charts import Bar
from apps.tasks import measures, overview

HOURS = 24
VIEWS = "pages.views"


@dataclass(frozen=True)
class State:
    """What waits, what went wrong, what is slow; and the last day by the hour."""

    backlog: list[overview.Waiting]
    numbers: overview.Numbers
    workers: int
    late_schedules: int
    failed: int
    dead: int
    slowest: list[overview.Ended]
    uploads: list[Bar]
    views: list[Bar]
    given_up: list[Bar]

    @property
    def waiting(self) -> int:
        return sum(queue.number for queue in self.backlog)

    @property
    def oldest_seconds(self) -> float:
        return max((queue.oldest_seconds for queue in self.backlog), default=0.0)


def current() -> State:
    hours = _hours(timezone.now())
    given_up = overview.given_up_since(hours[0])
    return State(
        backlog=overview.backlog(),
        numbers=overview.numbers(),
        workers=overview.count_workers(),
        late_schedules=overview.count_late_schedules(),
        failed=sum(status == "failed" for _, status in given_up),
        dead=sum(status == "dead" for _, status in given_up),
        slowest=overview.slowest_of_the_latest(),
        uploads=_bars(hours, _named(files.uploads_by_hour(hours[0]))),
        views=_bars(hours, overview.events_by_hour(VIEWS)),
        given_up=_bars(hours, _named(Counter(at.replace(minute=0, second=0, microsecond=0) for at, _ in given_up))),
    )


def _hours(now: datetime) -> list[datetime]:
    """The beginnings of the last hours, the current one included."""
    current_hour = now.replace(minute=0, second=0, microsecond=0)
    return [current_hour - timedelta(hours=ago) for ago in reversed(range(HOURS))]


def _named(numbers: Mapping[datetime, int]) -> dict[str, int]:
    return {hour.strftime(measures.HOUR): number for hour, number in numbers.items()}


def _bars(hours: list[datetime], numbers: Mapping[str, int]) -> list[Bar]:
    return [Bar(f"{hour:%H}:00 UTC", numbers.get(hour.strftime(measures.HOUR), 0)) for hour in hours]
