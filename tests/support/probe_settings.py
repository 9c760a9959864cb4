"""The project's settings with the probes among the apps: what acceptance tests start workers and callers with."""

from project.settings import *  # noqa: F403 — settings are made to be built upon
from project.settings import DRAMATIQ_BROKER as PROJECT_BROKER
from project.settings import INSTALLED_APPS as PROJECT_APPS

INSTALLED_APPS = [*PROJECT_APPS, "tests.support.probes"]
DRAMATIQ_BROKER = {
    **PROJECT_BROKER,
    "MIDDLEWARE": [*PROJECT_BROKER["MIDDLEWARE"], "tests.support.probes.starts.NoteStarts"],
}
