"""Paths of the front page and the health checks."""

from django.urls import path

from apps.ops import front, health

urlpatterns = [
    path("", front.FrontView.as_view(), name="front"),
    path("health/live/", health.LiveView.as_view(), name="health-live"),
    path("health/ready/", health.ReadyView.as_view(), name="health-ready"),
]
