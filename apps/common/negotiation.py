"""Content negotiation for views that send what they have, whatever the client says it accepts."""

from collections.abc import Iterable

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class AnyTypeNegotiation(DefaultContentNegotiation):
    """Bytes are sent as what they are; errors in the form that the client accepts, or JSON."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first, *others = renderers
        try:
            chosen: tuple[BaseRenderer, str] = super().select_renderer(request, [first, *others], format_suffix)
        except NotAcceptable:
            return first, first.media_type
        return chosen
