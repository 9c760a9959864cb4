"""A shop's background work as it would be written for Celery: the project of both sides."""

from shop.celery import app as celery_app

__all__ = ["celery_app"]
