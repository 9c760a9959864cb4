"""The form of a file in answers, of an upload in requests, and of the list's filters."""

from functools import cached_property
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.reverse import reverse

from apps.files.models import File, Status
from apps.files.processors import registry


class UploadSerializer(serializers.Serializer[File]):
    """What an upload consists of; for the browsable form and the schema. `apps.common.multipart` checks it."""

    file = serializers.FileField(write_only=True)


class ErrorSerializer(serializers.Serializer[File]):
    """Why processing failed."""

    code = serializers.CharField(source="error_code")
    detail = serializers.CharField(source="error_detail")


class FileListSerializer(serializers.ModelSerializer[File]):
    """A file without its `result`."""

    url = serializers.SerializerMethodField()
    file = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

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

    def get_url(self, file: File) -> str:
        return f"{self.files_url}{file.pk}/"

    def get_file(self, file: File) -> str:
        return f"{self.files_url}{file.pk}/content/"

    def get_error(self, file: File) -> dict[str, Any] | None:
        return ErrorSerializer(file).data if file.status == Status.FAILED else None


class FileSerializer(FileListSerializer):
    """A file with all that is known about it."""

    class Meta(FileListSerializer.Meta):
        fields: ClassVar = [*FileListSerializer.Meta.fields, "result"]
        read_only_fields: ClassVar = fields


class FilterSerializer(serializers.Serializer[Any]):
    """The list's filters; a value that none of them knows is an error."""

    processed = serializers.ChoiceField(choices=["true", "false"], required=False)
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    kind = serializers.ChoiceField(choices=registry.kinds(), required=False)

    def validate_processed(self, value: str) -> bool:
        return value == "true"
