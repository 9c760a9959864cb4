"""What the worker imports: Celery's test tasks, and the one that its fixtures register in the worker."""

from t.integration.tasks import ClassBasedAutoRetryTask

from tests.acceptance.celery_suite.site.celery import app

app.register_task(ClassBasedAutoRetryTask())
