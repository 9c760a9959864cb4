"""Paths of the front page, the API's description, the health checks and the metrics."""

from django.urls import path

from apps.ops import api_document, front, health
from apps.ops.metrics.view import MetricsView

urlpatterns = [
    path("", front.FrontView.as_view(), name="front"),
    path("api/schema/", api_document.SchemaView.as_view(), name="schema"),
    path("docs/", api_document.DocsView.as_view(), name="docs"),
    path("health/live/", health.LiveView.as_view(), name="health-live"),
    path("health/ready/", health.ReadyView.as_view(), name="health-ready"),
    path("metrics", MetricsView.as_view(), name="metrics"),
]
