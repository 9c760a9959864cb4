"""The Celery part of the settings, the same on both sides."""

from shop.reports.schedule import BEAT_SCHEDULE

CELERY_TIMEZONE = "Europe/Berlin"
CELERY_RESULT_EXTENDED = True
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
