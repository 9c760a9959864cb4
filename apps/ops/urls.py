"""Paths of the health checks."""

from django.urls import path

from apps.ops import health

urlpatterns = [
    path("live/", health.LiveView.as_view(), name="health-live"),
    path("ready/", health.ReadyView.as_view(), name="health-ready"),
]
