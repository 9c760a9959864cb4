"""Names of Celery's `contrib`."""
