"""The shop's settings on Celery: a plain Django project."""

import os

from shop.options import *  # noqa: F403

SECRET_KEY = "of-the-shop"
INSTALLED_APPS = ["shop.feeds", "shop.stock", "shop.reports"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["DIARY_URL"]}}
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
CELERY_BROKER_URL = os.environ["REDIS_URL"]
CELERY_RESULT_BACKEND = os.environ["REDIS_URL"]
