"""Paths of the front page and of the health checks."""

from django.urls import path

from apps.ops import health
from apps.ops.front import FrontView

urlpatterns = [
    path("", FrontView.as_view(), name="front"),
    path("health/live/", health.LiveView.as_view(), name="health-live"),
    path("health/ready/", health.ReadyView.as_view(), name="health-ready"),
]
