"""Celery's own tests as the judge of `apps.tasks.celery`; nothing of Celery is committed or installed."""
