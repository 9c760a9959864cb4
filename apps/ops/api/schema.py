"""How the operations on tasks are described in the OpenAPI document; the views wear these."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import PermissionDenied

from apps.common import schema
from apps.ops.api.errors import NoSuchTaskError, TaskEndedError, TaskRunningError
from apps.ops.api.serializers import TaskSerializer

TAGS = ["tasks"]
TASK = {
    "id": "0b8d5f6e-3c0e-4a2f-9d0f-5f1f6a3c2b11",
    "actor": "files.process",
    "queue": "default",
    "status": "succeeded",
    "attempts": 1,
    "retries": 0,
    "deaths": 0,
    "created_at": "2026-11-20T10:00:00.123456Z",
    "due_at": "2026-11-20T10:00:00.123456Z",
    "started_at": "2026-11-20T10:00:00.125456Z",
    "finished_at": "2026-11-20T10:00:00.223456Z",
    "progress": None,
    "error": None,
    "request_id": "5f0c8f3d2f6c4c3c9b8a7d6e5f4a3b2c",
}

READ = extend_schema(
    operation_id="read_task",
    tags=TAGS,
    summary="Read how a task is",
    responses={
        200: schema.answer(TaskSerializer, "The task.", TASK),
        **schema.faults(PermissionDenied, NoSuchTaskError),
    },
)
CANCEL = extend_schema(
    operation_id="cancel_task",
    tags=TAGS,
    summary="Call a task off",
    description="Calls off a task that has not started. Who waits for it is told; it stays to be read, as `cancelled`.",
    responses={
        204: OpenApiResponse(description="It will not be run."),
        **schema.faults(PermissionDenied, NoSuchTaskError, TaskRunningError, TaskEndedError),
    },
)
