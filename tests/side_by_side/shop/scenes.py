"""Everything that is called, and what its caller sees: run as `python -m shop.scenes SCENE` beside a worker.

Each scene answers with JSON that both sides have to agree on, to the letter. Ids are given, so that they agree as well.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from statistics import median
from typing import Any
from uuid import UUID

import django

django.setup()

from celery import current_app, signature  # noqa: E402
from celery.result import AsyncResult  # noqa: E402
from celery.signals import after_task_publish, before_task_publish  # noqa: E402
from django.conf import settings  # noqa: E402
from shop import diary  # noqa: E402
from shop.celery import app  # noqa: E402
from shop.feeds import tasks as feeds  # noqa: E402
from shop.reports import tasks as reports  # noqa: E402, F401 — the worker's are the same
from shop.stock import tasks as stock  # noqa: E402

TIMEOUT = 20.0
#: Of a schedule, until its pace is told.
RUNS = 5


def ending(task_id: str, last: str = "postrun") -> dict[str, Any]:
    """The end of a call, as any process can ask for it, and its diary."""
    result = AsyncResult(task_id)
    value = result.get(timeout=TIMEOUT, propagate=False)
    if last:  # what follows the result may still be under way
        diary.wait_for(task_id, last, last=True)
    return {
        "id": task_id,
        "state": result.state,
        "value": value,
        "ready": result.ready(),
        "successful": result.successful(),
        "failed": result.failed(),
        "traceback": last_line(result.traceback),
        "diary": diary.read(task_id),
    }


def last_line(traceback: str | None) -> str | None:
    """The error, without the module that its class is in: Celery's errors are in several, the shim's in one."""
    if not traceback:
        return None
    kind, colon, message = traceback.strip().splitlines()[-1].partition(":")
    return kind.rpartition(".")[2] + colon + message


def raised(call: Callable[[], object]) -> Any:
    try:
        call()
    except Exception as error:  # noqa: BLE001 — whatever it is, both sides raise the same
        return [error, [str(argument) for argument in error.args]]
    return None


def retries() -> Iterator[Any]:
    """Automatic ones with backoff, those by hand, and what ends them."""
    feeds.fetch_feed.apply_async(("flaky:2",), task_id="fetch-flaky")
    feeds.fetch_feed.apply_async(("flaky:9",), task_id="fetch-hopeless")
    feeds.fetch_feed.apply_async(("gone:1",), task_id="fetch-gone")
    feeds.fetch_feed.apply_async(("broken:0",), task_id="fetch-broken")
    feeds.fetch_icon.apply_async(("flaky:1",), task_id="icon-flaky")
    feeds.fetch_icon.apply_async(("flaky:2",), task_id="icon-hopeless")
    feeds.deliver_webhook.apply_async(("flaky:2", {"n": 1}), task_id="hook-flaky")
    feeds.deliver_webhook.apply_async(("flaky:3",), {"body": {}}, task_id="hook-hopeless")
    feeds.poll_hub.apply_async(task_id="poll-caught")
    feeds.poll_hub_or_fail.apply_async(task_id="poll-failed")
    ids = ["fetch-flaky", "fetch-hopeless", "fetch-gone", "fetch-broken", "icon-flaky", "icon-hopeless"]
    for task_id in [*ids, "hook-flaky", "hook-hopeless", "poll-caught", "poll-failed"]:
        yield ending(task_id)
    # The backoff is in whole seconds, which no machine is too slow to tell apart.
    for task_id in ("fetch-flaky", "fetch-hopeless"):
        runs = diary.times(task_id, "run")
        yield [int(later - earlier) for earlier, later in pairwise(runs)]


def links() -> Iterator[Any]:
    """Callbacks and errbacks, which get what Celery hands them."""
    feeds.count_words.apply_async(
        ("to be or not",),
        task_id="counted",
        link=[
            feeds.keep_count.s(step=10).set(task_id="kept"),
            feeds.keep_count.si(100, step=1).set(task_id="kept-immutable"),
        ],
        link_error=feeds.report_failure.s().set(task_id="not-sent"),
    )
    feeds.count_words.apply_async(
        ("",),
        task_id="not-counted",
        link=feeds.keep_count.s().set(task_id="not-kept"),
        link_error=[feeds.report_failure.s().set(task_id="reported"), feeds.explain_failure.s()],
    )
    for task_id in ("counted", "kept", "kept-immutable", "not-counted", "reported"):
        yield ending(task_id)
    yield [AsyncResult(task_id).state for task_id in ("not-sent", "not-kept", "never-sent")]
    named = signature("shop.feeds.tasks.keep_count", args=(1,), kwargs={"step": 2}, options={"task_id": "by-name"})
    yield dict(named)
    named.delay()
    yield ending("by-name")


def hooks() -> Iterator[Any]:
    """A base class with hooks, a lock, and methods of Celery's overridden."""
    stock.recount.apply_async(("pearls",), {"until_turned_away": "second"}, task_id="first")
    diary.wait_for("first", "run")
    stock.recount.apply_async(("pearls",), task_id="second", headers={"reason": "inventory"})
    stock.take.apply_async(("rubies", 2), task_id="taken")
    stock.take.apply_async(("sapphires", 7), task_id="out-of-stock")
    for task_id in ("first", "second", "taken", "out-of-stock"):
        yield ending(task_id)
    yield raised(lambda: stock.take.apply_async(("opals", 9), task_id="out-again").get(timeout=TIMEOUT))


def states() -> Iterator[Any]:
    """States of a task's own, expiry, revoking, soft time limits."""
    stock.rebuild_index.apply_async((2,), task_id="index")
    result = AsyncResult("index")
    while (state := result.state) != "PROGRESS":
        assert state in {"PENDING", "STARTED"}, state
    yield [result.state, result.info, result.ready()]
    diary.write("index", "seen")
    yield ending("index")
    stock.tell_request.apply_async(task_id="expired", countdown=2, expires=1)
    revoked = stock.tell_request.apply_async(task_id="revoked", countdown=2)
    revoked.revoke()
    stock.weigh_everything.apply_async(task_id="weighed")
    stock.weigh_without_care.apply_async(task_id="not-weighed")
    for task_id, last in (
        ("expired", "revoked"),
        ("revoked", "revoked"),
        ("weighed", "postrun"),
        ("not-weighed", "postrun"),
    ):
        yield ending(task_id, last)
    yield raised(lambda: AsyncResult("expired").get(timeout=TIMEOUT))
    feeds.skip_unchanged.apply_async(task_id="skipped")
    diary.wait_for("skipped", "postrun")
    yield [AsyncResult("skipped").state, diary.read("skipped")]
    yield raised(lambda: AsyncResult("never-sent").get(timeout=0.2))


def calls() -> Iterator[Any]:
    """What a task sees of its call, and what is refused at the call."""
    pairs: list[Any] = []

    def published(sender: str, headers: dict[str, Any], **_: Any) -> None:
        pairs.append([sender, headers["id"], headers["task"]])

    before_task_publish.connect(published, weak=False)
    after_task_publish.connect(published, weak=False)
    stock.tell_request.apply_async(
        (1, (2, 3), Decimal("1.50"), datetime(2026, 3, 1, tzinfo=UTC), UUID(int=7), b"bytes", None),
        {"when": datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))},
        task_id="all-types",
        headers={"x-tenant": "a"},
        priority=3,
        time_limit=60,
        soft_time_limit=50,
        expires=600,
    )
    app.send_task("shop.stock.tasks.tell_request", args=["by name"], task_id="sent-by-name")
    stock.send_child.apply_async(("the-child",), task_id="the-parent")
    for task_id in ("all-types", "sent-by-name", "the-parent", "the-child"):
        yield ending(task_id)
    before_task_publish.disconnect(published)
    after_task_publish.disconnect(published)
    yield pairs
    app.send_task("shop.nowhere.task", task_id="unknown")
    yield ending("unknown", last="")
    take = stock.take
    yield [raised(lambda: take.delay("rubies")), raised(lambda: take.delay("rubies", 1, colour="red"))]
    yield raised(lambda: feeds.keep_count.delay({1, 2}))
    yield [
        take.name,
        take.max_retries,
        take.default_retry_delay,
        take.lock_seconds,
        take.throws == (stock.OutOfStockError,),
    ]
    yield sorted(name for name in current_app.tasks if name.startswith(("shop.", "reports.")))


def in_place() -> Iterator[Any]:
    """`apply()` and direct calls."""
    yield feeds.count_words("called directly")
    yield stock.tell_request(1)["directly"]
    applied = stock.tell_request.apply((1, (2,)), {"a": 1}, task_id="applied")
    yield [applied.state, applied.get(), applied.id]
    failed = feeds.fetch_feed.apply(("flaky:9",), task_id="applied-hopeless")
    yield [failed.state, failed.result, raised(failed.get), diary.read("applied-hopeless")]
    linked = feeds.count_words.apply(("one two",), link=feeds.keep_count.s().set(task_id="applied-link"))
    yield [linked.get(), ending("applied-link")]
    app.conf.task_always_eager = True
    eager = feeds.deliver_webhook.apply_async(("flaky:1", {"n": (1, 2)}), task_id="eager", countdown=60)
    yield [type(eager).__name__, eager.state, eager.get(), diary.read("eager")]
    # Without its arguments: the first one of Celery's Retry is the Retry itself.
    yield raised(lambda: feeds.fetch_icon.apply(("flaky:5",), throw=True))[0]
    app.conf.task_always_eager = False


def clock() -> Iterator[Any]:
    """What each entry of the schedule says of some moments, and that those for seconds run."""
    for name, entry in sorted(settings.CELERY_BEAT_SCHEDULE.items()):
        yield [name, due_times(entry["schedule"])]
    for name, event in (("every-second", "report"), ("every-two-seconds", "report"), ("clean-up", "cleaned")):
        while len(diary.times(name, event)) < RUNS:
            time.sleep(0.1)
        yield [name, diary.read(name)[:3]]
        latest = diary.times(name, event)[-RUNS:]  # the first ones may have waited for the worker together
        yield round(2 * median(later - earlier for earlier, later in pairwise(latest))) / 2


def due_times(schedule: Any) -> list[Any]:
    """Whether it is due, and when it is next, a while after some last runs."""
    if not hasattr(schedule, "is_due"):
        return [str(schedule)]
    found = []
    for last, now in moments():
        schedule.nowfun = lambda now=now: now
        due, seconds = schedule.is_due(last)
        found.append([str(last), due, round(seconds, 3)])
    schedule.nowfun = None
    return found


def moments() -> Iterator[tuple[datetime, datetime]]:
    """Across a night, a weekend, the end of a month and of February, both changes of the clock in Berlin.

    Not from within the hour that Berlin has twice: there Celery answers that the next run is in 0 seconds, whatever the
    schedule, and the shim when it is.
    """
    starts = ["2026-01-31 23:50", "2026-02-27 11:59", "2026-03-29 00:10", "2026-10-25 00:10", "2028-02-28 13:00"]
    for start in starts:
        last = datetime.fromisoformat(start).replace(tzinfo=UTC)
        for hours in (0.1, 0.75, 2, 8, 26, 24 * 3):
            yield last, last + timedelta(hours=hours)


SCENES: dict[str, Callable[[], Iterator[Any]]] = {
    scene.__name__: scene for scene in (retries, links, hooks, states, calls, in_place, clock)
}

if __name__ == "__main__":
    print(json.dumps(list(SCENES[sys.argv[1]]()), default=diary.described, indent=1))  # noqa: T201 — its answer
