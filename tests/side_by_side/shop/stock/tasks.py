"""Tasks on a base class with a lock and hooks; states of one's own, time limits, revoking."""

import time
from typing import Any

from celery import current_task, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from shop import diary
from shop.stock.locking import LockedTask


class OutOfStockError(Exception):
    """There is less than was asked for."""


@shared_task(bind=True, base=LockedTask, busy_seconds=0.5)
def recount(self: Any, product: str, *, until_turned_away: str = "") -> dict[str, Any]:
    """Holds the product's lock until the call with that id has been turned away."""
    diary.write(self.request.id, "run", product=product, sent_by=self.request.headers, extra=self.request.sent_by)
    if until_turned_away:
        diary.wait_for(until_turned_away, "on_retry")
    return {"product": product, "retried": self.request.retries > 0}


@shared_task(bind=True, base=LockedTask, throws=(OutOfStockError,))
def take(self: Any, product: str, count: int) -> int:
    diary.write(self.request.id, "run", current=current_task.request.id == self.request.id)
    if count > 5:
        raise OutOfStockError(product, count)
    return 5 - count


@shared_task(bind=True, track_started=True)
def rebuild_index(self: Any, total: int) -> dict[str, int]:
    """Tells how far it is, and waits until that has been seen."""
    self.update_state(state="PROGRESS", meta={"done": 1, "total": total})
    diary.wait_for(self.request.id, "seen")
    return {"done": total}


@shared_task(bind=True, soft_time_limit=1)
def weigh_everything(self: Any) -> str:
    try:
        while True:
            time.sleep(0.05)
    except SoftTimeLimitExceeded:
        return f"stopped at {self.request.timelimit}"


@shared_task(soft_time_limit=1)
def weigh_without_care() -> None:
    while True:
        time.sleep(0.05)


@shared_task(bind=True)
def tell_request(self: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """What a task sees of the call that it is."""
    request = self.request
    return {
        "id": request.id,
        "root": request.root_id,
        "parent": request.parent_id,
        "args": request.args,
        "kwargs": request.kwargs,
        "retries": request.retries,
        "eager": request.is_eager,
        "directly": request.called_directly,
        "headers": request.headers,
        "limits": request.timelimit,
        "priority": (request.delivery_info or {}).get("priority"),
        "expires": request.expires is not None,
        "types": [type(value).__name__ for value in args],
    }


@shared_task(bind=True)
def send_child(self: Any, child_id: str) -> list[str]:
    """Sends a task from within a task."""
    tell_request.apply_async(task_id=child_id)
    return [child.id for child in self.request.children]
