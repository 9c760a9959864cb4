"""Code written for Celery runs here after changing one import: `from apps.tasks.celery import shared_task`.

What is not supported is refused where it is written, never ignored.
"""

from apps.tasks.celery.result import AsyncResult
from apps.tasks.celery.task import Task, shared_task

__all__ = ["AsyncResult", "Task", "shared_task"]
