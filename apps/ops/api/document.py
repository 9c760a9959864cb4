"""The OpenAPI document, and the page that shows it with assets of our own: neither asks anybody else for anything."""

import threading
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.urls import reverse
from django.views import View
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer2, OpenApiYamlRenderer2
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerView
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView


def only_api(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Of all views those below `/api/`; the front page is for people."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/")]


def tidy(result: Any, **_options: Any) -> Any:
    """What spectacular leaves to do: `nullable`, which OpenAPI 3.1 no longer knows, becomes a type; its marks go.

    (Its own hook would take the marks away, and make a component of the `type` of each kind of content.)
    """
    if isinstance(result, list):
        return [tidy(item) for item in result]
    if not isinstance(result, dict):
        return result
    tidied = {name: tidy(item) for name, item in result.items() if name != "x-spec-enum-id"}
    if tidied.pop("nullable", False):
        return {**tidied, "type": [tidied["type"], "null"]}
    return tidied


@dataclass
class Document:
    """The document, made when it is first asked for, and by one thread: spectacular's parts are shared by all."""

    made: dict[str, Any] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self) -> dict[str, Any]:
        with self.lock:
            if self.made is None:
                self.made = SchemaGenerator().get_schema(public=True)
            return self.made


DOCUMENT = Document()


class SchemaView(APIView):
    """The API as an OpenAPI document, in JSON or YAML."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiYamlRenderer2]

    @extend_schema(
        operation_id="read_document",
        tags=["about"],
        summary="Read this document",
        responses={200: {"type": "object"}},
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002 — REST framework's signature
        return Response(DOCUMENT.read())


class DocsView(SpectacularSwaggerView):
    """The document for people, to be tried out. Where the API is closed it is for who has logged in."""

    permission_classes = api_settings.DEFAULT_PERMISSION_CLASSES
    url_name = "schema"

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Django's: REST framework's answer is data, which the page's template cannot show."""
        return View.options(self, request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Any:
        if isinstance(exc, NotAuthenticated):
            return redirect_to_login(self.request.get_full_path(), reverse("admin:login"))
        return super().handle_exception(exc)
