"""Code written for Celery runs here after changing one import: `from apps.tasks.celery import shared_task`.

What is not supported is refused where it is written, never ignored.
"""

from apps.tasks.celery import exceptions, schedules, signals, states
from apps.tasks.celery.app import Celery, shared_task
from apps.tasks.celery.canvas import (
    Signature,
    chain,
    chord,
    chunks,
    group,
    maybe_signature,
    signature,
    subtask,
    xmap,
    xstarmap,
)
from apps.tasks.celery.current import current_app
from apps.tasks.celery.request import current_task
from apps.tasks.celery.result import AsyncResult
from apps.tasks.celery.task import Task
from apps.tasks.celery.utils import uuid

__all__ = [
    "AsyncResult",
    "Celery",
    "Signature",
    "Task",
    "chain",
    "chord",
    "chunks",
    "current_app",
    "current_task",
    "exceptions",
    "group",
    "maybe_signature",
    "schedules",
    "shared_task",
    "signals",
    "signature",
    "states",
    "subtask",
    "uuid",
    "xmap",
    "xstarmap",
]
