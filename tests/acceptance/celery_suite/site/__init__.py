"""A Django app with Celery's own test tasks, as a project that comes from Celery would have it."""
