"""The form of a task in answers. Arguments, result and traceback are for the admin: they can hold anything."""

import json
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.tasks import origins
from apps.tasks.models import Invocation


class ProgressSerializer(serializers.Serializer[Any]):
    """What a task says of itself while it runs (`update_state`)."""

    state = serializers.CharField()
    meta = serializers.JSONField(allow_null=True)


@extend_schema_field(ProgressSerializer(allow_null=True))
class ProgressField(serializers.SerializerMethodField):
    """Null until the task has said something."""


class TaskSerializer(serializers.ModelSerializer[Invocation]):
    """A background task: one call, with all its attempts."""

    id = serializers.CharField(read_only=True)
    attempts = serializers.IntegerField(source="attempt", read_only=True, help_text="Times it was begun.")
    progress = ProgressField()
    error = serializers.SerializerMethodField()
    request_id = serializers.SerializerMethodField()

    class Meta:
        model = Invocation
        fields: ClassVar = [
            "id", "actor", "queue", "status", "attempts", "retries", "deaths",
            "created_at", "due_at", "started_at", "finished_at", "progress", "error", "request_id",
        ]  # fmt: skip
        read_only_fields: ClassVar = fields

    def get_progress(self, task: Invocation) -> dict[str, Any] | None:
        if not task.state:
            return None
        return {"state": task.state, "meta": json.loads(task.meta) if task.meta else None}

    def get_error(self, task: Invocation) -> str | None:
        """The last error, in one sentence."""
        return task.error or None

    def get_request_id(self, task: Invocation) -> str | None:
        """The request that caused it, directly or by other tasks."""
        return origins.of_payload(task.payload)
