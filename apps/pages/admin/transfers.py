"""Copying and moving contents to another page, from their list: the action asks for the page, then does it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.common.errors import DomainError
from apps.pages import services
from apps.pages.models import Content, Page


@dataclass(frozen=True)
class Transfer:
    verb: str
    done: str
    run: Callable[[int, int], Any]
    changes_origin: bool


COPY = Transfer("copy", "Copied", services.copy_content, changes_origin=False)
MOVE = Transfer("move", "Moved", services.move_content, changes_origin=True)


class TargetForm(forms.Form):
    page = forms.ModelChoiceField(
        Page.objects.all(), widget=AutocompleteSelect(Content._meta.get_field("page"), admin.site)
    )


class TransferAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # generic in the stubs only
    """It changes pages, so it takes the permission to change them besides that for contents."""

    actions = ("copy_to_page", "move_to_page")

    def has_copy_permission(self, request: HttpRequest) -> bool:
        return self.has_move_permission(request) and request.user.has_perm("pages.add_content")

    def has_move_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perms(["pages.change_content", "pages.change_page"])

    @admin.action(description="Copy selected content to a page…", permissions=["copy"])
    def copy_to_page(self, request: HttpRequest, contents: "QuerySet[Content]") -> HttpResponse | None:
        return self._transfer(request, contents, COPY)

    @admin.action(description="Move selected content to another page…", permissions=["move"])
    def move_to_page(self, request: HttpRequest, contents: "QuerySet[Content]") -> HttpResponse | None:
        return self._transfer(request, contents, MOVE)

    def _transfer(self, request: HttpRequest, contents: "QuerySet[Content]", transfer: Transfer) -> HttpResponse | None:
        form = TargetForm(request.POST if "transfer" in request.POST else None)
        chosen = list(contents.select_related("page").order_by("page", "order"))
        if not form.is_valid():
            if form.is_bound:
                self.message_user(request, "Choose a page that is there.", messages.ERROR)
            return self._ask(request, chosen, transfer)
        page = form.cleaned_data["page"]
        faults = [fault for content in chosen if (fault := _try(request, content, page, transfer))]
        if len(faults) < len(chosen):
            self.message_user(request, f"{transfer.done} {len(chosen) - len(faults)} to “{page}”.", messages.SUCCESS)
        for fault in faults:
            self.message_user(request, fault, messages.ERROR)
        return None

    def _ask(self, request: HttpRequest, chosen: list[Content], transfer: Transfer) -> HttpResponse:
        form = TargetForm()  # empty, as the widget cannot show what is no page
        context = {
            **self.admin_site.each_context(request),
            "title": f"{transfer.verb.capitalize()} to which page?",
            "opts": self.opts,
            "contents": chosen,
            "form": form,
            "media": self.media + form.media,
            "verb": transfer.verb,
        }
        return TemplateResponse(request, "admin/pages/content/transfer.html", context)


def _try(request: HttpRequest, content: Content, page: Page, transfer: Transfer) -> str | None:
    """What kept it from being done: it may be gone, or be moved by somebody else, at this moment.

    The history of the pages gets it, from which an editor whose form is stale is told who was there.
    """
    message = f"{transfer.done} “{content}” from “{content.page}” to “{page}”."
    touched = {page, content.page} if transfer.changes_origin else {page}
    who: Any = request.user.pk
    try:
        with transaction.atomic():
            transfer.run(content.pk, page.pk)
            for one in touched:
                LogEntry.objects.log_actions(who, [one], CHANGE, message, single_object=True)
    except DomainError as error:
        return f"“{content}”: {error.detail}"
    return None
