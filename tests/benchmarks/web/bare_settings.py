"""The project's settings, so that Waitress is the same, with no Django behind it."""

from project.settings import *  # noqa: F403 — settings are made to be built upon

WSGI_APPLICATION = "tests.benchmarks.web.bare.application"
