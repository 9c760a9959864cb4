"""The deals API. A view reads the request, calls one service or selector, and answers."""

import logging
from typing import Any

from django.core.signals import got_request_exception
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import extend_schema_view
from rest_framework import generics, status
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common import compression, preferences, problems
from apps.common.multipart import MultiPartParser
from apps.common.negotiation import AnyTypeNegotiation
from apps.common.problems import ProblemResponse
from apps.deals import downloads, schema, selectors, services, uploads
from apps.deals import problems as deals_problems
from apps.deals.models import Import, Status
from apps.deals.selectors import Version
from apps.deals.serializers import DealsUploadSerializer, ImportSerializer

logger = logging.getLogger(__name__)

CACHE_CONTROL = "no-cache"  # keep it, and ask each time
CONDITIONS = {"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"}


class AsItIsRenderer(JSONRenderer):
    """For an answer that is JSON already: to be read and written again would make floats of its exact amounts."""

    def render(self, data: Any, *arguments: Any, **options: Any) -> bytes:
        return data if isinstance(data, bytes) else super().render(data, *arguments, **options)


@extend_schema_view(get=schema.TOP_CUSTOMERS_FIRST_VERSION)
class TopCustomersView(APIView):
    """The five customers who spent most, and what at least two of them bought. Never older than the last import."""

    renderer_classes = [AsItIsRenderer, BrowsableAPIRenderer]

    def get(self, request: Request) -> HttpResponseBase:
        version = selectors.active_version()
        if isinstance(request.accepted_renderer, BrowsableAPIRenderer):
            return Response(selectors.answer_bytes(version), headers={"Cache-Control": CACHE_CONTROL})
        response = HttpResponse(selectors.answer_bytes(version), content_type="application/json")
        response.headers["ETag"] = f'"{version.etag}"'
        response.headers["Cache-Control"] = CACHE_CONTROL
        compression.compress(request._request, response)
        return _conditional(request, version, response)


@extend_schema_view(post=schema.UPLOAD_FIRST_VERSION)
class UploadDealsView(generics.GenericAPIView[Import]):
    """Replace all deals by those of a CSV file, or nothing at all if the file has a fault.

    With `Prefer: respond-async` the file is kept and imported in the background.
    """

    parser_classes = [MultiPartParser, uploads.CsvParser]
    serializer_class = DealsUploadSerializer

    def post(self, request: Request) -> Response:
        upload = uploads.upload_of(request)
        if not preferences.prefers_async(request.headers.get("Prefer", "")):
            return Response(_outcome(services.import_now(upload)))
        queued = services.import_later(upload)
        headers = {
            "Preference-Applied": preferences.RESPOND_ASYNC,
            "Location": reverse("deals-import", args=[queued.pk]),
        }
        return Response(dict(ImportSerializer(queued).data), status=status.HTTP_202_ACCEPTED, headers=headers)

    def handle_exception(self, exc: Exception) -> Response:
        """Every error of a POST has `Status` and `Desc`. Of one that nobody expected Django is told here."""
        if self.request.method != "POST":
            return super().handle_exception(exc)
        try:
            response = super().handle_exception(exc)
        except Exception:
            logger.exception("request failed", extra={"action": "request_failed", "path": self.request.path})
            got_request_exception.send(sender=type(self), request=self.request._request)
            response = ProblemResponse(problems.UNEXPECTED)
            response.exception = True
        response.data |= deals_problems.status(response.data["detail"])
        return response


@extend_schema_view(get=schema.TOP_CUSTOMERS, post=schema.UPLOAD)
class DealsView(TopCustomersView, UploadDealsView):
    """The five customers who spent most, and what at least two of them bought; or replace all deals by a file's."""


class ImportView(generics.GenericAPIView[Import]):
    """One import: how far it is, or what is wrong with its file."""

    serializer_class = ImportSerializer

    @schema.READ_IMPORT
    def get(self, request: Request, import_id: int) -> Response:  # noqa: ARG002 — DRF's signature
        return Response(dict(ImportSerializer(selectors.import_by_id(import_id)).data))


class ImportErrorsView(APIView):
    """The bad rows of a failed import and what is wrong with them, as CSV that a spreadsheet can open."""

    content_negotiation_class = AnyTypeNegotiation

    @schema.READ_ERRORS
    def get(self, request: Request, import_id: int) -> HttpResponse:  # noqa: ARG002 — DRF's signature
        return downloads.errors_csv(selectors.import_by_id(import_id))


def _conditional(request: Request, version: Version, whole: HttpResponse) -> HttpResponse:
    """The whole answer, or a short one where a condition of the request asks for that. Most requests have none.

    A 304 has the headers of the whole one, so that a cache knows which of its copies it speaks of: that of the
    compressed answer has an ETag of its own.
    """
    if CONDITIONS.isdisjoint(request.META):
        return whole
    answer = get_conditional_response(request._request, etag=f'"{version.etag}"', response=whole) or whole
    return ProblemResponse(problems.CHANGED) if answer.status_code == problems.CHANGED.status else answer


def _outcome(ended: Import) -> dict[str, Any]:
    outcome = {
        "Status": "OK",
        "import_id": ended.pk,
        "deals": ended.rows,
        "ignored_columns": ended.ignored_columns,
    }
    return outcome | ({"superseded": True} if ended.status == Status.SUPERSEDED else {})
