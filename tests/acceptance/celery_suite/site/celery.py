"""The app that Celery's tests are run with."""

from celery import Celery

app = Celery("celery.tests")
app.config_from_object("django.conf:settings", namespace="CELERY")
