"""All content of all pages: found, copied and moved to other pages, deleted. It is edited where it is: on its page."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html

from apps.pages import content_types, services
from apps.pages.admin.search import TitlePrefixAdmin
from apps.pages.admin.transfers import TransferAdmin
from apps.pages.errors import NoSuchContentError, NoSuchPageError
from apps.pages.models import Content


class KindFilter(admin.SimpleListFilter):
    title = parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 — the admin's
        return [(kind.name, kind.label) for kind in content_types.kinds()]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Content]") -> "QuerySet[Content]":  # noqa: ARG002 — as above
        chosen = [kind.model for kind in content_types.kinds() if kind.name == self.value()]
        if not chosen:
            return queryset
        return queryset.filter(polymorphic_ctype=ContentType.objects.get_for_model(chosen[0]))


@admin.register(Content)
class ContentAdmin(TransferAdmin, TitlePrefixAdmin):
    list_display = ("title", "kind", "on_page", "place", "views")
    list_filter = (KindFilter,)
    list_per_page = 50
    list_select_related = ("page",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Content]":  # noqa: ARG002 — the admin's
        """As what all kinds have in common: one query however many kinds there are."""
        contents: QuerySet[Content] = Content.objects.non_polymorphic().with_counters()
        return contents

    @admin.display(description="kind", ordering="polymorphic_ctype")
    def kind(self, content: Content) -> str:
        kind: Any = content.polymorphic_ctype_id
        return ContentType.objects.get_for_id(kind).name

    @admin.display(description="page", ordering="page__title")
    def on_page(self, content: Content) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:pages_page_change", args=[content.page_id]), content.page
        )

    @admin.display(description="place")
    def place(self, content: Content) -> int:
        return int(content.order) + 1

    @admin.display(description="views", ordering="counted")
    def views(self, content: Content) -> int:
        return content.counter

    def change_view(self, request: HttpRequest, object_id: str, *_args: Any, **_options: Any) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        content = self.get_object(request, object_id)
        if content is None:
            return HttpResponseRedirect(reverse("admin:pages_content_changelist"))
        return HttpResponseRedirect(
            f"{reverse('admin:pages_page_change', args=[content.page_id])}#content-{content.pk}"
        )

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 — the admin's
        return False

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Content]") -> None:  # noqa: ARG002 — as above
        for content_id in queryset.values_list("pk", flat=True):
            self._delete(content_id)

    def delete_model(self, request: HttpRequest, obj: Content) -> None:  # noqa: ARG002 — as above
        self._delete(obj.pk)

    def _delete(self, content_id: int) -> None:
        with suppress(NoSuchContentError, NoSuchPageError):  # deleted meanwhile, alone or with its page
            services.delete_content(content_id)
