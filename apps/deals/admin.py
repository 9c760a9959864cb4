"""Imports and deals in the admin: to look at, and to go back to the last replaced import. They come in by the API."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import F, Func, IntegerField, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.deals import errors, services
from apps.deals.errors import MOST_SHOWN, AlreadyActiveError, NotKeptError
from apps.deals.models import Deal, Import, Rows, Status
from apps.deals.parser.deals import MOST_FAULTS
from apps.tasks.admin import ReadOnlyAdmin

if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]  # generic in the stubs only
else:
    AnyPaginator = Paginator


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "status",
        "created_at",
        "who",
        "deals",
        "fault_count",
        "duration",
        "progress",
        "size",
        "encoding",
        "name",
    )
    list_filter = ("status", "created_at", "encoding")
    search_fields = ("who", "name")
    ordering = ("-id",)
    list_per_page = 50
    show_full_result_count = False
    actions = ("make_active_again",)
    exclude = ("errors", "answer", "source")  # shown as tables; a stored name is of no use to anybody
    readonly_fields = ("deals", "duration", "the_answer", "faults")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Import]:
        counted = Func(F("errors"), function="jsonb_array_length", output_field=IntegerField())
        imports: QuerySet[Import] = super().get_queryset(request)
        return imports.annotate(fault_count=counted).defer("errors", "answer")

    @admin.display(description="deals", ordering="rows")
    def deals(self, import_: Import) -> str:
        if import_.rows_are != Rows.STORED:
            return str(import_.rows)
        address = reverse("admin:deals_deal_changelist")
        return format_html('<a href="{}?origin={}">{}</a>', address, import_.pk, import_.rows)

    @admin.display(description="faults", ordering="fault_count")
    def fault_count(self, import_: Import) -> int:
        number: int = cast(Any, import_).fault_count  # annotated above
        return number

    @admin.display(description="duration")
    def duration(self, import_: Import) -> str:
        if import_.started_at is None or import_.finished_at is None:
            return "-"
        return f"{(import_.finished_at - import_.started_at).total_seconds():.1f} s"

    @admin.display(description="answer")
    def the_answer(self, import_: Import) -> str:
        if not import_.answer:
            return "-"
        customers = json.loads(import_.answer, parse_float=Decimal)["response"]
        return _table(
            ("username", "spent_money", "gems"),
            ((one["username"], one["spent_money"], ", ".join(one["gems"])) for one in customers),
        )

    @admin.display(description="faults")
    def faults(self, import_: Import) -> str:
        if not import_.errors:
            return "-"
        table = _table(("fault", "record"), ((errors.sentence(one), one.get("record", "")) for one in _first(import_)))
        address, number = reverse("deals-import-errors", args=[import_.pk]), len(import_.errors)
        known = f"the first {number}" if number >= MOST_FAULTS else f"all {number}"
        return format_html('{}<p><a href="{}">{} as CSV</a></p>', table, address, known)

    @admin.action(description="Make the selected import active again", permissions=["switch"])
    def make_active_again(self, request: HttpRequest, imports: QuerySet[Import]) -> None:
        chosen = list(imports.values_list("pk", flat=True))
        if len(chosen) != 1:
            self.message_user(request, "Select one import.", messages.ERROR)
            return
        try:
            services.make_active_again(chosen[0])
        except (AlreadyActiveError, NotKeptError) as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            self.log_change(request, imports.get(), "Made active again.")
            self.message_user(request, f"Import {chosen[0]} is active again.", messages.SUCCESS)

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("deals.change_import")


class OriginFilter(admin.SimpleListFilter):
    """The imports that have deals in the table. Without a choice it is the active one."""

    title = "import"
    parameter_name = "origin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 — the admin's
        stored = Import.objects.filter(rows_are=Rows.STORED).order_by("-turn")
        return [(str(pk), f"{pk} ({status})") for pk, status in stored.values_list("pk", "status")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """All but the first, which is "All"."""
        _, *choices = super().choices(changelist)
        yield from choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Deal]) -> QuerySet[Deal]:  # noqa: ARG002 — as above
        return queryset.filter(origin=chosen.pk) if (chosen := chosen_import(self.value())) else queryset.none()


def chosen_import(value: str | None) -> Import | None:
    imports = Import.objects.filter(rows_are=Rows.STORED).only("rows")
    if value is None:
        return imports.filter(status=Status.ACTIVE).first()
    return imports.filter(pk=value).first() if value.isascii() and value.isdigit() and len(value) < 19 else None


class KnownCount(AnyPaginator):
    """Counting ten million rows takes seconds, and the import knows how many it has brought."""

    known = 0

    @cached_property
    def count(self) -> int:
        return self.known


@admin.register(Deal)
class DealAdmin(ReadOnlyAdmin):
    list_display = ("id", "customer", "item", "total", "quantity", "date")
    list_filter = (OriginFilter,)
    list_per_page = 100
    ordering = ("id",)
    show_full_result_count = False

    def get_paginator(
        self, request: HttpRequest, queryset: Any, per_page: int, *args: Any, **kwargs: Any
    ) -> KnownCount:
        paginator = KnownCount(queryset, per_page, *args, **kwargs)
        chosen = chosen_import(request.GET.get(OriginFilter.parameter_name))
        paginator.known = chosen.rows if chosen else 0
        return paginator


def _first(import_: Import) -> list[dict[str, Any]]:
    faults: list[dict[str, Any]] = import_.errors[:MOST_SHOWN]
    return faults


def _table(columns: tuple[str, ...], rows: Any) -> SafeString:
    """Rows of texts, all escaped."""
    head = format_html_join("", "<th>{}</th>", ((column,) for column in columns))
    body = format_html_join(
        "", "<tr>{}</tr>", ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows)
    )
    return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, body)
