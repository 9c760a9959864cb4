"""Search by the beginning of a title."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]  # generic in the stubs only
else:
    ModelAdmin = admin.ModelAdmin


class TitlePrefixAdmin(ModelAdmin):
    """The term is one phrase: Django's own search would look for each of its words alone."""

    search_fields = ("title",)  # Django shows no search without any
    search_help_text = "The beginning of a title, in small or capital letters."
    show_full_result_count = False

    def get_search_results(
        self,
        request: HttpRequest,  # noqa: ARG002 — the admin's
        queryset: "QuerySet[Any]",
        search_term: str,
    ) -> "tuple[QuerySet[Any], bool]":
        return queryset.filter(title__istartswith=search_term) if search_term else queryset, False
