"""The form of an import in answers, and of an upload in the browsable form."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.deals import errors
from apps.deals.models import Import


class UploadSerializer(serializers.Serializer[Import]):
    """What an upload consists of; for the browsable form and the schema. `uploads` checks it."""

    deals = serializers.FileField(write_only=True)


class FaultSerializer(serializers.Serializer[Any]):
    """One fault of a file; `line` and `column` are null where there is no single one at fault."""

    line = serializers.IntegerField(allow_null=True)
    column = serializers.CharField(allow_null=True)
    value = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class ImportSerializer(serializers.ModelSerializer[Import]):
    """An import with its first faults."""

    errors = serializers.SerializerMethodField()  # type: ignore[assignment] # the contract's name

    class Meta:
        model = Import
        fields: ClassVar = [
            "id", "status", "progress", "rows", "errors", "ignored_columns", "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields: ClassVar = fields

    def get_errors(self, found: Import) -> list[dict[str, Any]]:
        return [errors.shown(fault) for fault in found.errors[: errors.MOST_SHOWN]]
