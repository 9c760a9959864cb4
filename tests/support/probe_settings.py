"""The project's settings with the probes among the apps: what acceptance tests start workers and callers with."""

from project.settings import *  # noqa: F403 — settings are made to be built upon
from project.settings import INSTALLED_APPS as PROJECT_APPS

INSTALLED_APPS = [*PROJECT_APPS, "tests.support.probes"]
