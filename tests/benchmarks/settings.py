"""The project's settings with the tasks that the benchmarks send."""

from project.settings import *  # noqa: F403 — settings are made to be built upon
from project.settings import INSTALLED_APPS as PROJECT_APPS

INSTALLED_APPS = [*PROJECT_APPS, "tests.benchmarks.probes"]
