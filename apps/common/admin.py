"""What the admins of all apps share."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]  # generic in the stubs only
else:
    ModelAdmin = admin.ModelAdmin


class CheckedAdmin(ModelAdmin):
    """Django's, and: an action on rows that cannot exist is a bad request, where Django's own crashes."""

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **options: Any
    ) -> HttpResponse | None:
        for selected in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                self.opts.pk.clean(selected, None)
            except ValidationError:
                raise BadRequest from None
        return super().response_action(request, queryset, *args, **options)
