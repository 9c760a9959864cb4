"""Pages: the list, and the editor of one page with all that is on it."""

from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse

from apps.pages import selectors, services
from apps.pages.admin.blocks import BlockInline
from apps.pages.admin.search import TitlePrefixAdmin
from apps.pages.errors import NoSuchPageError
from apps.pages.models import Page

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Page]  # generic in the stubs only
else:
    ModelForm = forms.ModelForm


class PageForm(ModelForm):
    """Knows which edition the editor has seen; `changing` holds the page when a form that was sent is looked at."""

    edition = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"}))
    #: The edition over which the editor, having been warned, wants theirs.
    over = forms.CharField(required=False)
    #: The edition that somebody else has made meanwhile.
    other_edition = ""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial["edition"] = selectors.edition(self.instance.pk)

    def clean(self) -> dict[str, Any]:
        sent = self.cleaned_data
        if self.instance.pk and self.initial["edition"] not in (sent.get("edition"), sent.get("over")):
            self.other_edition = self.initial["edition"]
            raise forms.ValidationError(
                "This page has been changed by somebody else since you opened it. Nothing of yours is saved yet.",
                code="other_edition",
            )
        return sent

    @property
    def last_save(self) -> tuple[str, datetime] | None:
        """Who saved the page last, and when, as far as the admin knows."""
        of_page = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(Page), object_id=str(self.instance.pk)
        )
        return of_page.order_by("-action_time").values_list("user__username", "action_time").first()


@admin.register(Page)
class PageAdmin(TitlePrefixAdmin):
    list_display = ("title", "blocks")
    list_per_page = 50
    ordering = ("-id",)
    form = PageForm
    fields = ("title",)
    inlines = (BlockInline,)
    save_on_top = True

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Page]":
        pages: QuerySet[Page] = super().get_queryset(request)
        return pages.annotate(blocks=Count("contents"))

    @admin.display(description="blocks")
    def blocks(self, page: Any) -> int:
        number: int = page.blocks
        return number

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """A save holds the page from before it is read until all is written: who comes second sees the first's."""
        show = partial(super().changeform_view, request, object_id, form_url, extra_context)
        if object_id is None or request.method != "POST":
            return show()
        try:
            with services.changing(_page_id(object_id)):
                return show()
        except NoSuchPageError:
            return show()

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:  # noqa: FBT001, FBT002 — the admin's
        message = super().construct_change_message(request, form, formsets, add)
        if not add and any(formset.has_moved for formset in formsets):
            message.append({"changed": {"fields": ["order of its content"]}})
        return message

    def delete_model(self, request: HttpRequest, obj: Page) -> None:  # noqa: ARG002 — the admin's
        _delete(obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[Page]") -> None:  # noqa: ARG002 — the admin's
        for page_id in sorted(queryset.values_list("pk", flat=True)):
            _delete(page_id)


def _delete(page_id: int) -> None:
    with suppress(NoSuchPageError):  # deleted meanwhile
        services.delete_page(page_id)


def _page_id(object_id: str) -> int:
    """Of the admin's path; 0, which no page has, for what is no number."""
    text = unquote(object_id)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
