"""The shop's settings on the shim: its apps and its Celery options on top of this project's settings."""

from shop.options import *  # noqa: F403

from project.settings import *  # noqa: F403 — settings are made to be built upon
from project.settings import INSTALLED_APPS as PROJECT_APPS

INSTALLED_APPS = [*PROJECT_APPS, "shop.feeds", "shop.stock", "shop.reports"]
