"""One background task by its id: how it is, and calling it off. For staff, or with a token, however open the API is."""

from typing import Any

from rest_framework import status
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.authentication import Session
from apps.ops.api import schema
from apps.ops.api.errors import NoSuchTaskError, TaskEndedError, TaskRunningError
from apps.ops.api.serializers import TaskSerializer
from apps.tasks.celery import control
from apps.tasks.models import Invocation
from apps.tasks.states import Status

GIVEN_UP_OR_ENDED = {Status.ENDING, Status.SUCCEEDED, Status.FAILED, Status.DEAD, Status.CANCELLED}


class StaffOrToken(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:  # noqa: ARG002 — REST framework's signature
        by_token = isinstance(request.successful_authenticator, TokenAuthentication)
        return by_token or bool(request.user and request.user.is_staff)


class TaskView(APIView):
    """A background task: how far it is, or how it has ended."""

    authentication_classes = [TokenAuthentication, Session]
    permission_classes = [StaffOrToken]

    @schema.READ
    def get(self, request: Request, task_id: str) -> Response:  # noqa: ARG002 — REST framework's signature
        return Response(dict(TaskSerializer(_task(task_id)).data))

    @schema.CANCEL
    def delete(self, request: Request, task_id: str) -> Response:  # noqa: ARG002
        if not control.call_off([_task(task_id).id]):
            raise TaskEndedError if _task(task_id).status in GIVEN_UP_OR_ENDED else TaskRunningError
        return Response(status=status.HTTP_204_NO_CONTENT)


def _task(task_id: str) -> Invocation:
    if "\0" in task_id:  # which PostgreSQL has no text with
        raise NoSuchTaskError
    found = Invocation.objects.defer("result", "traceback", "children").filter(id=task_id).first()
    if found is None:
        raise NoSuchTaskError
    return found
