"""Files in the admin: to look at, to have processed again, to delete. They come in through the API alone."""

from contextlib import suppress
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from apps.common.admin import CheckedAdmin
from apps.files import services
from apps.files.errors import NoSuchFileError
from apps.files.models import File
from apps.files.processors import registry


class KindFilter(admin.SimpleListFilter):
    """The kinds there are, from the registry: asking the table for them would read all of it."""

    title = parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 — the admin's
        return [(kind, kind) for kind in registry.kinds()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[File]) -> QuerySet[File]:  # noqa: ARG002 — as above
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(File)
class FileAdmin(CheckedAdmin):
    list_display = ("id", "name", "kind", "size", "status", "progress", "uploaded_at", "content_link")
    list_filter = ("status", KindFilter, "uploaded_at")
    list_per_page = 50
    search_fields = ("name",)
    ordering = ("-id",)
    show_full_result_count = False
    actions = ("process_again",)
    exclude: ClassVar = ["file", "thumbnail"]  # their names lie on the storage, which serves nothing itself

    @admin.display(description="content")
    def content_link(self, file: File) -> str:
        return format_html('<a href="{}">download</a>', reverse("file-content", args=[file.pk]))

    @admin.action(description="Process selected files again", permissions=["process"])
    def process_again(self, request: HttpRequest, files: QuerySet[File]) -> None:
        for file_id in files.values_list("pk", flat=True):
            with suppress(NoSuchFileError):  # deleted meanwhile
                services.process_again(file_id)
        self.message_user(request, "They are processed again, unless they were still waiting.", messages.SUCCESS)

    def delete_model(self, request: HttpRequest, obj: File) -> None:  # noqa: ARG002 — as above
        with suppress(NoSuchFileError):
            services.delete_file(obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[File]) -> None:
        for file in queryset.only("pk"):
            self.delete_model(request, file)

    def has_process_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("files.change_file")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 — as above
        return False

    def has_change_permission(self, request: HttpRequest, obj: File | None = None) -> bool:  # noqa: ARG002 — as above
        return False
