"""The project's settings with the plain views in place of its own, and Django's own way to take uploads."""

from django.conf import global_settings

from project.settings import *  # noqa: F403 — settings are made to be built upon
from project.settings import INSTALLED_APPS as PROJECT_APPS

INSTALLED_APPS = [*PROJECT_APPS, "tests.benchmarks.web"]
ROOT_URLCONF = "tests.benchmarks.web.urls"
FILE_UPLOAD_HANDLERS = global_settings.FILE_UPLOAD_HANDLERS
MEDIA_URL = "media/"
