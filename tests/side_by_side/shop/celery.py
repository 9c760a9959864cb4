"""The shop's Celery app."""

from celery import Celery
from shop import signals  # noqa: F401 — connects

app = Celery("shop")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
