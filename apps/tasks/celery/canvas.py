"""The names of Celery's canvas. A single call is a signature; what combines several is refused."""

from typing import Any

from apps.tasks.celery.exceptions import NO_CANVAS, NotSupportedError
from apps.tasks.celery.signatures import Signature, maybe_signature, signature, subtask

__all__ = [
    "Signature",
    "StampingVisitor",
    "chain",
    "chord",
    "chunks",
    "group",
    "maybe_signature",
    "signature",
    "subtask",
    "xmap",
    "xstarmap",
]


class _Refused:
    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        raise NotSupportedError(NO_CANVAS.format(type(self).__name__))


class chain(_Refused):
    """Tasks one after the other."""


class group(_Refused):
    """Tasks side by side."""


class chord(_Refused):
    """Tasks side by side, and one after all of them."""


class chunks(_Refused):
    """One task over the parts of a list."""


class xmap(_Refused):
    """One task over a list."""


class xstarmap(_Refused):
    """One task over a list of arguments."""


class StampingVisitor(_Refused):
    """Headers on all parts of a canvas."""
