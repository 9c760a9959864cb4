"""Invocations and worker processes in the admin: for looking, the ledger alone writes."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_dramatiq.models import Task

from apps.common.admin import CheckedAdmin
from apps.tasks.models import Invocation, WorkerProcess


class ReadOnlyAdmin(CheckedAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


# Its table is not made: see MIGRATION_MODULES.
admin.site.unregister(Task)


@admin.register(Invocation)
class InvocationAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "actor",
        "status",
        "queue",
        "created_at",
        "finished_at",
        "retries",
        "deaths",
        "error",
    )
    list_filter = ("status", "actor", "queue")
    search_fields = ("^id",)
    ordering = ("-created_at",)
    show_full_result_count = False


@admin.register(WorkerProcess)
class WorkerProcessAdmin(ReadOnlyAdmin):
    list_display = ("id", "host", "solo", "started_at", "beat_at")
