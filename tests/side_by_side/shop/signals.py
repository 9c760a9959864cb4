"""Writes Celery's signals into the diary, as monitoring packages listen to them."""

from typing import Any

from celery.signals import task_failure, task_postrun, task_prerun, task_retry, task_revoked, task_success
from shop import diary


@task_prerun.connect
def on_prerun(sender: Any, task_id: str, task: Any, args: Any, kwargs: Any, **_: Any) -> None:
    diary.write(task_id, "prerun", sender=sender.name, task=task.name, args=args, kwargs=kwargs)


@task_postrun.connect
def on_postrun(task_id: str, state: str, retval: Any, **_: Any) -> None:
    diary.write(task_id, "postrun", state=state, retval=retval)


@task_success.connect
def on_success(sender: Any, result: Any, **_: Any) -> None:
    diary.write(sender.request.id, "success", result=result)


@task_failure.connect
def on_failure(task_id: str, exception: BaseException, einfo: Any, **_: Any) -> None:
    diary.write(task_id, "failure", exception=exception, traced=type(exception).__name__ in str(einfo))


@task_retry.connect
def on_retry(request: Any, reason: Any, **_: Any) -> None:
    diary.write(request.id, "retry", reason=str(reason), retries=request.retries)


@task_revoked.connect
def on_revoked(request: Any, terminated: bool, expired: bool, **_: Any) -> None:
    diary.write(request.id, "revoked", terminated=terminated, expired=expired)
