"""The form of a file in answers, of an upload in requests, and of the list's filters."""

from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.reverse import reverse

from apps.files.models import File, Status
from apps.files.processors import registry


class UploadSerializer(serializers.Serializer[File]):
    """The form of an upload. Whatever else is in it is ignored."""  # `apps.common.multipart` checks it

    file = serializers.FileField(write_only=True)


class ErrorSerializer(serializers.Serializer[Any]):
    """Why processing failed."""

    code = serializers.CharField()
    detail = serializers.CharField()


class ResultField(serializers.JSONField):
    """What was found in a file; `schema` describes it out of the registry of kinds."""


@extend_schema_serializer(component_name="FileSummary")
class FileListSerializer(serializers.ModelSerializer[File]):
    """A file without its `result`."""

    # The fields are declared for the schema; the answer is put together by hand. For a page of a thousand files that
    # takes 2 ms, and REST framework's own way 14 ms.

    url = serializers.URLField()
    file = serializers.URLField()
    error = ErrorSerializer(allow_null=True)

    class Meta:
        model = File
        fields: ClassVar = [
            "id", "url", "file", "name", "size", "content_type", "kind", "uploaded_at",
            "processed", "status", "progress", "processed_at", "error",
        ]  # fmt: skip
        read_only_fields: ClassVar = fields

    @cached_property
    def files_url(self) -> str:
        """Absolute address of the list, below which all others lie: made once an answer, not twice a file."""
        return reverse("file-list", request=self.context["request"])

    def to_representation(self, file: File) -> dict[str, Any]:
        url = f"{self.files_url}{file.pk}/"
        failed = file.status == Status.FAILED
        return {
            "id": file.pk,
            "url": url,
            "file": f"{url}content/",
            "name": file.name,
            "size": file.size,
            "content_type": file.content_type,
            "kind": file.kind,
            "uploaded_at": _in_utc(file.uploaded_at),
            "processed": file.processed,
            "status": file.status,
            "progress": file.progress,
            "processed_at": file.processed_at and _in_utc(file.processed_at),
            "error": {"code": file.error_code, "detail": file.error_detail} if failed else None,
        }


@extend_schema_serializer(component_name="File")
class FileSerializer(FileListSerializer):
    """A file with all that is known about it."""

    result = ResultField(read_only=True, allow_null=True)

    class Meta(FileListSerializer.Meta):
        fields: ClassVar = [*FileListSerializer.Meta.fields, "result"]
        read_only_fields: ClassVar = fields

    def to_representation(self, file: File) -> dict[str, Any]:
        return {**super().to_representation(file), "result": file.result}


class FilterSerializer(serializers.Serializer[Any]):
    """The list's filters; a value that none of them knows is an error."""

    processed = serializers.ChoiceField(choices=["true", "false"], required=False)
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    kind = serializers.ChoiceField(choices=registry.kinds(), required=False)

    def validate_processed(self, value: str) -> bool:
        return value == "true"


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
