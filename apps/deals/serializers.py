"""The form of an import in answers, and of an upload in the browsable form."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.deals import errors
from apps.deals.models import Import


class DealsUploadSerializer(serializers.Serializer[Import]):
    """The form of an upload."""  # `uploads` checks it

    deals = serializers.FileField(write_only=True, help_text="The CSV. A field named `file` will do as well.")


class FaultSerializer(serializers.Serializer[Any]):
    """One fault of a file; `line` and `column` are null where there is no single one at fault."""

    line = serializers.IntegerField(allow_null=True)
    column = serializers.CharField(allow_null=True)
    value = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class CustomerSerializer(serializers.Serializer[Any]):
    """One who spent much; of the gems those that another of the five bought as well."""

    username = serializers.CharField()
    spent_money = serializers.FloatField(help_text="Exact, with decimals only where there are some.")
    gems = serializers.ListField(child=serializers.CharField())


class TopCustomersSerializer(serializers.Serializer[Any]):
    """Who spent most, the most first."""  # for the schema; the answer is kept as text

    response = CustomerSerializer(many=True)


class OutcomeSerializer(serializers.Serializer[Any]):
    """A good import."""  # for the schema

    Status = serializers.ChoiceField(choices=["OK"])
    import_id = serializers.IntegerField()
    deals = serializers.IntegerField(help_text="Rows that were stored.")
    ignored_columns = serializers.ListField(child=serializers.CharField())
    superseded = serializers.BooleanField(required=False, help_text="True: one accepted later is active already.")


class ImportSerializer(serializers.ModelSerializer[Import]):
    """An import with its first faults."""

    ignored_columns = serializers.ListField(child=serializers.CharField(), read_only=True)
    errors = serializers.SerializerMethodField()  # type: ignore[assignment] # the contract's name

    class Meta:
        model = Import
        fields: ClassVar = [
            "id", "status", "progress", "rows", "errors", "ignored_columns", "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields: ClassVar = fields

    @extend_schema_field(FaultSerializer(many=True))
    def get_errors(self, found: Import) -> list[dict[str, Any]]:
        return [errors.shown(fault) for fault in found.errors[: errors.MOST_SHOWN]]
