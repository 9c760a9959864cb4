"""The form of pages and contents in answers. Of a kind it is derived from its registration."""

from functools import cache
from typing import Any

from rest_framework import serializers

from apps.pages import content_types
from apps.pages.content_types import Kind
from apps.pages.models import Content


class PageSerializer(serializers.Serializer[Any]):
    """A page in the list."""  # for the schema; the view puts the entries together by hand

    id = serializers.IntegerField()
    title = serializers.CharField()
    url = serializers.URLField()


class ContentsField(serializers.ListField):
    """All that is on a page; `schema` describes it out of the registry of kinds."""


class PageWithContentSerializer(PageSerializer):
    """A page with all that is on it."""  # for the schema; `answers` puts it together

    content = ContentsField()


@cache
def serializer_of(kind: Kind) -> type[serializers.ModelSerializer[Any]]:
    """A model serializer of the fields that belong to the kind alone."""
    meta = type("Meta", (), {"model": kind.model, "fields": list(kind.fields)})
    return type(f"{kind.model.__name__}Serializer", (serializers.ModelSerializer,), {"Meta": meta})


def attributes(content: Content) -> dict[str, Any]:
    """What a content has beside its id, type, title and counter."""
    return dict(serializer_of(content_types.kind_of(content))(content).data)
