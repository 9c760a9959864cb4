"""The base of tasks that must not run twice at the same time for the same product."""

from typing import Any

from celery import Task
from django.core.cache import cache
from shop import diary


class LockedTask(Task):
    """Holds a lock while it runs; a task that finds it taken tries again a little later.

    `lock_seconds` and `busy_seconds` may be given to the decorator.
    """

    abstract = True
    lock_seconds = 30
    busy_seconds = 5.0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        key = f"lock:{self.name}:{args[0]}"
        if not cache.add(key, self.request.id, self.lock_seconds):
            raise self.retry(countdown=self.busy_seconds, max_retries=None)
        try:
            return super().__call__(*args, **kwargs)
        finally:
            cache.delete(key)

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        options["headers"] = {"sent_by": "stock", **(options.get("headers") or {})}
        return super().apply_async(args, kwargs, **options)

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        diary.write(task_id, "before_start", args=args, kwargs=kwargs, retries=self.request.retries)

    def on_success(self, retval: Any, task_id: str, args: Any, kwargs: Any) -> None:
        stored = self.AsyncResult(task_id).state
        diary.write(task_id, "on_success", retval=retval, args=args, kwargs=kwargs, stored=stored)

    def on_failure(self, exc: Any, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        stored = self.AsyncResult(task_id).state
        diary.write(task_id, "on_failure", exc=exc, args=args, stored=stored, traced=type(exc).__name__ in str(einfo))

    def on_retry(self, exc: Any, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        diary.write(task_id, "on_retry", exc=exc, args=args, stored=self.AsyncResult(task_id).state)

    def after_return(self, status: str, retval: Any, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        diary.write(task_id, "after_return", status=status, retval=retval, args=args)
