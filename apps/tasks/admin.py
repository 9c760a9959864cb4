"""The task layer in the admin: schedules can be switched and run, the rest is for looking."""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.html import format_html
from django_dramatiq.models import Task

from apps.common.admin import CheckedAdmin
from apps.tasks import origins, timetable, timing
from apps.tasks.models import Invocation, Schedule, WorkerProcess


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
    readonly_fields = ("request_id",)

    @admin.display(description="request ID")
    def request_id(self, row: Invocation) -> str:
        """The request that caused it, directly or by other tasks."""
        return origins.of_payload(row.payload) or "-"


@admin.register(WorkerProcess)
class WorkerProcessAdmin(ReadOnlyAdmin):
    list_display = ("id", "host", "solo", "started_at", "beat_at")


@admin.register(Schedule)
class ScheduleAdmin(CheckedAdmin):
    """What is sent, and when, is the code's to say; whether it is, and whether now, is said here."""

    list_display = ("name", "when", "enabled", "next_run_at", "last_run", "declared", "task", "error")
    list_filter = ("enabled",)
    search_fields = ("name", "task")
    ordering = ("name",)
    actions = ("switch_off", "switch_on", "run_now")
    fields = ("name", "task", "when", "arguments", "enabled", "next_run_at", "last_run", "declared", "error")
    readonly_fields = tuple(name for name in fields if name != "enabled")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Schedule]:
        rows: QuerySet[Schedule] = super().get_queryset(request)
        return rows.annotate(
            is_declared=ExpressionWrapper(Q(declared_at__gte=timetable.oldest_declared()), output_field=BooleanField()),
            is_kept=Exists(Invocation.objects.filter(id=OuterRef("last_invocation"))),
        )

    @admin.display(ordering="timing")
    def when(self, row: Schedule) -> str:
        told = timing.describe(row.timing)
        return told if row.timing.startswith("every ") else f"{told} ({row.zone})"

    @admin.display(boolean=True, description="declared")
    def declared(self, row: Schedule) -> bool:
        known: bool = cast(Any, row).is_declared  # annotated above, as is the next
        return known

    @admin.display(description="last run", ordering="last_run_at")
    def last_run(self, row: Schedule) -> str:
        if row.last_run_at is None:
            return "-"
        at = formats.localize(timezone.localtime(row.last_run_at))
        if not cast(Any, row).is_kept:
            return str(at)
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:tasks_invocation_change", args=[row.last_invocation]), at
        )

    @admin.action(description="Switch selected schedules off", permissions=["change"])
    def switch_off(self, request: HttpRequest, schedules: QuerySet[Schedule]) -> None:
        changed = timetable.switch(_names(schedules), enabled=False)
        self.message_user(request, f"Switched off: {changed}.", messages.SUCCESS)

    @admin.action(description="Switch selected schedules on, from now", permissions=["change"])
    def switch_on(self, request: HttpRequest, schedules: QuerySet[Schedule]) -> None:
        changed = timetable.switch(_names(schedules), enabled=True)
        self.message_user(request, f"Switched on: {changed}.", messages.SUCCESS)

    @admin.action(description="Run selected schedules now, once", permissions=["change"])
    def run_now(self, request: HttpRequest, schedules: QuerySet[Schedule]) -> None:
        names = _names(schedules)
        asked = timetable.ask_for_run(names)
        if asked:
            self.message_user(request, f"To be run at once by a worker: {asked}.", messages.SUCCESS)
        if asked < len(names):
            self.message_user(request, "What no worker declares any more cannot be run.", messages.ERROR)

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:  # noqa: ARG002, FBT001 — the admin's
        """The form has been open for a while: of the row only the switch may be written."""
        timetable.switch([obj.name], enabled=obj.enabled)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 — as above
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Schedule | None = None) -> bool:
        """What is declared would be back with the next worker, and have forgotten that it was switched off."""
        gone = obj is None or obj.declared_at < timetable.oldest_declared()
        return gone and super().has_delete_permission(request, obj)


def _names(schedules: QuerySet[Schedule]) -> list[str]:
    return list(schedules.values_list("name", flat=True))
