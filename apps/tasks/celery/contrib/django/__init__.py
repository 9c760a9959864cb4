"""Names of Celery's `contrib.django`."""
