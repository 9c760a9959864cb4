"""Paths of the front page, the API's description, tasks, the health checks and the metrics."""

from django.urls import path

from apps.ops import front, health
from apps.ops.api import document, tasks
from apps.ops.metrics.view import MetricsView

urlpatterns = [
    path("", front.FrontView.as_view(), name="front"),
    path("api/schema/", document.SchemaView.as_view(), name="schema"),
    path("api/v1/tasks/<str:task_id>/", tasks.TaskView.as_view(), name="task"),
    path("docs/", document.DocsView.as_view(), name="docs"),
    path("health/live/", health.LiveView.as_view(), name="health-live"),
    path("health/ready/", health.ReadyView.as_view(), name="health-ready"),
    path("metrics", MetricsView.as_view(), name="metrics"),
]
