"""How operations are described in the OpenAPI document: what all of them share, and short words for the rest.

Each app's own `schema.py` says what is particular to its operations, one name an operation, beside the views that wear
it. Errors are described by the errors themselves, so that a description and its error cannot drift apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.db import OperationalError
from drf_spectacular import authentication
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, resolve_type_hint
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import exceptions, permissions, serializers
from rest_framework.authentication import SessionAuthentication

from apps.common import problems, request_ids
from apps.common.negotiation import AnyTypeNegotiation
from apps.common.problems import Problem

#: Bytes of any type: a validator would take those that are JSON for what they hold, so nothing is said of them.
BYTES = OpenApiTypes.ANY
#: An address that may be relative.
REFERENCE = {"type": "string", "format": "uri-reference"}

#: An error that an operation can answer with: itself, its class, or what is told of it.
Fault = Problem | Exception | type[Exception]
Responses = dict[Any, Any]

TIMES_OUT = "Seconds after which to try again."


class FieldErrorSerializer(serializers.Serializer[Any]):
    """One fault of the input; `field` is null where no single field is at fault."""

    field = serializers.CharField(allow_null=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """An error (RFC 9457). `code` is for programs, `detail` for people."""

    type = serializers.CharField(help_text="Always `about:blank`: the status says what kind of problem it is.")
    title = serializers.CharField(help_text="The status in words.")
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment] # the form's name


def answer(form: Any, description: str, example: Any = None) -> OpenApiResponse:
    """A response with a body of this form."""
    shown = [] if example is None else [OpenApiExample("Example", example)]
    return OpenApiResponse(form, description, shown)


def faults(*these: Fault, form: Any = ProblemSerializer, members: Mapping[str, Any] | None = None) -> Responses:
    """The responses for these errors, by status. Each error is an example; `members` are added to all of them."""
    by_status: dict[int, list[Problem]] = {}
    for fault in these:
        problem = problem_of(fault)
        by_status.setdefault(problem.status, []).append(problem)
    return {
        (status, problems.CONTENT_TYPE): OpenApiResponse(form, _sentences(found), _examples(found, members or {}))
        for status, found in by_status.items()
    }


def header(name: str, description: str, statuses: Sequence[int], *, type: Any = str, always: bool = True) -> Any:  # noqa: A002 — as spectacular has it
    """A header of the responses with these statuses. `always` there, or now and then."""
    return OpenApiParameter(
        name,
        type,
        OpenApiParameter.HEADER,
        description=description,
        required=always,
        response=[str(status) for status in statuses],
    )


def asked_by_header(name: str, description: str) -> OpenApiParameter:
    """A header that a request may have."""
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description)


def number(name: str, description: str, *, default: int | None = None, most: int) -> OpenApiParameter:
    """A query parameter that is a whole number from 1."""
    form = {"type": "integer", "minimum": 1, "maximum": most}
    return OpenApiParameter(name, form, description=description, default=default)


def choice(name: str, description: str, values: Iterable[str]) -> OpenApiParameter:
    """A query parameter that is one of these words."""
    return OpenApiParameter(name, str, description=description, enum=list(values))


class SessionScheme(authentication.SessionScheme):
    """Our sessions are described as REST framework's."""

    target_class = "apps.common.authentication.Session"


class Description(AutoSchema):
    """An operation with what all have: the id of its request, and the errors that have nothing to do with it."""

    def get_operation(self, *arguments: Any, **options: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*arguments, **options)
        if operation is None:
            return None
        responses = operation["responses"]
        for problem in self._shared_problems():
            responses.setdefault(str(problem.status), self._shared_response(problem))
        for response in responses.values():
            if "$ref" not in response:
                response.setdefault("headers", {})[request_ids.HEADER] = self._request_id()
        operation["responses"] = dict(sorted(responses.items()))
        return operation

    def get_paginated_name(self, serializer_name: str) -> str:
        return f"{serializer_name}List"

    def _shared_problems(self) -> list[Problem]:
        found: list[Fault] = []
        authenticators = self.view.get_authenticators()
        if authenticators and not any(isinstance(one, permissions.AllowAny) for one in self.view.get_permissions()):
            found.append(exceptions.NotAuthenticated())
            by_session = any(isinstance(one, SessionAuthentication) for one in authenticators)
            if by_session and self.method not in permissions.SAFE_METHODS:
                found.append(exceptions.PermissionDenied("The CSRF check failed.", code="csrf_failed"))
        if not isinstance(self.view.get_content_negotiator(), AnyTypeNegotiation):
            found.append(exceptions.NotAcceptable())
        if self.view.get_throttles():
            found.append(exceptions.Throttled(wait=30))
        return [problem_of(fault) for fault in (*found, problems.UNEXPECTED, OperationalError())]

    def _shared_response(self, problem: Problem) -> dict[str, Any]:
        """A reference to a response that stands in the document once."""
        form = self.resolve_serializer(ProblemSerializer, "response").ref
        headers = {request_ids.HEADER: self._request_id()}
        if problem.status in {429, 503}:
            headers["Retry-After"] = {"schema": {"type": "integer"}, "description": TIMES_OUT, "required": True}
        if problem.status == 401:
            headers["WWW-Authenticate"] = {"schema": {"type": "string"}, "required": True}
        content = {"schema": form, "examples": {problem.code: {"value": problem.body()}}}
        response = {
            "description": problem.detail,
            "headers": headers,
            "content": {problems.CONTENT_TYPE: content},
        }
        return self._component(HTTPStatus(problem.status).name.title().replace("_", ""), "responses", response)

    def _request_id(self) -> dict[str, Any]:
        return self._component(
            request_ids.HEADER,
            "headers",
            {
                "schema": {"type": "string", "pattern": f"^{request_ids.ACCEPTABLE.pattern}$"},
                "description": "The request's id: its own if it came with one, else a new one. It stands on log lines.",
                "required": True,
            },
        )

    def _component(self, name: str, place: str, content: dict[str, Any]) -> dict[str, Any]:
        component = ResolvedComponent(name=name, type=place, schema=content, object=name)
        self.registry.register_on_missing(component)
        reference: dict[str, Any] = component.ref
        return reference


def component(auto_schema: AutoSchema, form: type) -> dict[str, Any]:
    """A reference to the description of a TypedDict."""
    name = form.__name__
    found = ResolvedComponent(name, ResolvedComponent.SCHEMA, resolve_type_hint(form), form)
    auto_schema.registry.register_on_missing(found)
    reference: dict[str, Any] = found.ref
    return reference


def problem_of(fault: Fault) -> Problem:
    if isinstance(fault, Problem):
        return fault
    problem = problems.problem_of(fault() if isinstance(fault, type) else fault)
    if problem is None:
        raise TypeError(f"{fault!r} is no error that an answer is made of.")
    return problem


def _sentences(found: Sequence[Problem]) -> str:
    return " ".join(dict.fromkeys(f"`{problem.code}`: {problem.detail}" for problem in found))


def _examples(found: Sequence[Problem], members: Mapping[str, Any]) -> list[OpenApiExample]:
    return [OpenApiExample(problem.code, {**problem.body(), **members}) for problem in found]
