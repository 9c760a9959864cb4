"""The project's settings with Celery's test tasks among the apps."""

from project.settings import *  # noqa: F403 — settings are made to be built upon
from project.settings import INSTALLED_APPS as PROJECT_APPS
from project.settings import REDIS_URL
from tests.acceptance.celery_suite import names

names.install()

INSTALLED_APPS = [*PROJECT_APPS, "tests.acceptance.celery_suite.site"]
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = REDIS_URL
CELERY_RESULT_EXTENDED = True
