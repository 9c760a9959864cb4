"""Every task here is what Celery calls a Django task."""

from apps.tasks.celery.task import Task as DjangoTask

__all__ = ["DjangoTask"]
