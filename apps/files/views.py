"""The files API. A view reads the request, calls one service or selector, and answers."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common import multipart, queries
from apps.common.multipart import MultiPartParser
from apps.common.negotiation import AnyTypeNegotiation
from apps.common.pagination import NewestFirst
from apps.files import downloads, schema, selectors, services
from apps.files.models import File
from apps.files.serializers import FileListSerializer, FileSerializer, FilterSerializer, UploadSerializer

FILTERS = tuple(FilterSerializer().fields)


class UploadView(generics.GenericAPIView[File]):
    """Upload a file. It is stored at once and processed in the background."""

    parser_classes = [MultiPartParser]
    serializer_class = UploadSerializer

    @schema.UPLOAD
    def post(self, request: Request) -> Response:
        file = services.store_upload(multipart.single_file(multipart.files_of(request)))
        location = reverse("file-detail", args=[file.pk])
        return Response(_shown(request, file), status=status.HTTP_201_CREATED, headers={"Location": location})


@extend_schema_view(get=schema.LIST)
class FileListView(generics.ListAPIView[File]):
    """All files, newest first, without their `result`. Filters: `processed`, `status`, `kind`."""

    serializer_class = FileListSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[File]:
        filters = FilterSerializer(data=queries.single_values(self.request, FILTERS))
        filters.is_valid(raise_exception=True)
        return selectors.listed_files(**filters.validated_data)


class FileView(generics.GenericAPIView[File]):
    """One file with its `result`."""

    serializer_class = FileSerializer

    @schema.READ
    def get(self, request: Request, file_id: int) -> Response:
        return Response(_shown(request, selectors.file_by_id(file_id)))

    @schema.DELETE
    def delete(self, request: Request, file_id: int) -> Response:  # noqa: ARG002 — DRF's signature
        services.delete_file(file_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ProcessView(generics.GenericAPIView[File]):
    """Process a file again. While it is queued or being processed nothing new starts."""

    serializer_class = FileSerializer

    @schema.PROCESS
    def post(self, request: Request, file_id: int) -> Response:
        file = services.process_again(file_id)
        return Response(_shown(request, file), status=status.HTTP_202_ACCEPTED)


class ContentView(APIView):
    """The original bytes, for download."""

    content_negotiation_class = AnyTypeNegotiation

    @schema.CONTENT
    def get(self, request: Request, file_id: int) -> HttpResponseBase:
        return downloads.answer(request, downloads.content_of(selectors.file_by_id(file_id)))


class ThumbnailView(APIView):
    """The thumbnail, for kinds that have one."""

    content_negotiation_class = AnyTypeNegotiation

    @schema.THUMBNAIL
    def get(self, request: Request, file_id: int) -> HttpResponseBase:
        return downloads.answer(request, downloads.thumbnail_of(selectors.file_by_id(file_id)))


def _shown(request: Request, file: File) -> dict[str, Any]:
    """A plain dict, so that the browsable page shows the view's own form, not one of the answer's fields."""
    return dict(FileSerializer(file, context={"request": request}).data)
