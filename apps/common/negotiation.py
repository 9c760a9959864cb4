"""Content negotiation: what is asked for in a form that there is not is a 406, by `Accept` and by `?format=` alike."""

from collections.abc import Iterable
from typing import Any

from django.http import Http404
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class Negotiation(DefaultContentNegotiation):
    """REST framework's, which has 404 for an unknown format: as if the address were wrong."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:  # noqa: A002 — REST framework's signature
        try:
            return super().filter_renderers(renderers, format)
        except Http404:
            raise NotAcceptable from None


class AnyTypeNegotiation(Negotiation):
    """For views that send what they have, whatever the client says it accepts.

    Bytes are sent as what they are; errors in the form that the client accepts, or JSON."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first, *others = renderers
        try:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(request, [first, *others], format_suffix)
        except NotAcceptable:
            return first, first.media_type
        return chosen
