"""How the operations on pages are described in the OpenAPI document; the views wear these."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from apps.common import pagination, schema
from apps.common.pagination import BIGGEST_PAGE, ByNumber
from apps.pages import content_types
from apps.pages.content_types import Kind
from apps.pages.errors import NoSuchPageError
from apps.pages.serializers import ContentsField, PageSerializer, PageWithContentSerializer, serializer_of

TAGS = ["pages"]
PAGE = {"id": 1, "title": "Sapphires", "url": "http://127.0.0.1:8000/api/v1/pages/1/"}
VIDEO = {"id": 11, "type": "video", "title": "Cutting", "counter": 41}
VIDEO |= {"video_url": "https://example.org/cutting.mp4", "subtitles_url": ""}
TEXT = {"id": 12, "type": "text", "title": "History", "counter": 41, "text": "Long ago…"}

LIST = extend_schema(
    operation_id="list_pages",
    tags=TAGS,
    summary="List pages",
    parameters=[
        schema.number("page", "Which page of the list.", default=1, most=BIGGEST_PAGE),
        schema.number("page_size", "Entries a page.", default=ByNumber.default_size, most=ByNumber.max_size),
    ],
    responses={
        200: schema.answer(
            inline_serializer(
                "PageList",
                {
                    "count": serializers.IntegerField(help_text="Of all pages."),
                    "next": serializers.URLField(allow_null=True),
                    "previous": serializers.URLField(allow_null=True),
                    "results": PageSerializer(many=True),
                },
            ),
            "The oldest first.",
            {"count": 1, "next": None, "previous": None, "results": [PAGE]},
        ),
        **schema.faults(
            pagination.bad_number("page_size", most=ByNumber.max_size), NotFound("There are not so many pages.")
        ),
    },
)
READ = extend_schema(
    operation_id="read_page",
    tags=TAGS,
    summary="Read a page",
    parameters=[schema.header("Cache-Control", "Always `no-store`: each answer is a view.", [200])],
    responses={
        200: schema.answer(PageWithContentSerializer, "The page.", {**PAGE, "content": [VIDEO, TEXT]}),
        **schema.faults(NoSuchPageError),
    },
)


class ContentsDescription(OpenApiSerializerFieldExtension):
    """`content` is a list of what the registered kinds are; `type` says which."""

    target_class = ContentsField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        kinds: dict[str, Any] = {kind.name: _content_serializer(kind) for kind in content_types.kinds()}
        content = PolymorphicProxySerializer("Content", kinds, "type")
        return {"type": "array", "items": auto_schema.resolve_serializer(content, direction).ref}


def _content_serializer(kind: Kind) -> type[serializers.ModelSerializer[Any]]:
    """What all contents have, then what the kind has."""
    common = {
        "id": serializers.IntegerField(),
        "type": serializers.ChoiceField(choices=[kind.name]),
        "title": serializers.CharField(),
        "counter": serializers.IntegerField(help_text="Views so far, this one and the latest not yet among them."),
    }
    meta = type("Meta", (), {"model": kind.model, "fields": [*common, *kind.fields]})
    name = f"{kind.model.__name__}ContentSerializer"
    return type(
        name, (serializer_of(kind),), {**common, "Meta": meta, "__doc__": f"A content of the kind {kind.name}."}
    )
