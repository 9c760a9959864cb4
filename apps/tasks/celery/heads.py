"""Checks arguments against a function's signature without calling it, with Python's own words for what is wrong."""

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

_KINDS = inspect.Parameter


def _template() -> None:
    """Its code is what all heads run: nothing."""


def head_of(function: Callable[..., Any], *, bound: bool) -> Callable[..., None]:
    """A function with the same name and parameters and an empty body. `bound`: without the first, which is self.

    Calling it is the check, as fast as a call is and with the very messages of one.
    """
    parameters = list(inspect.signature(function).parameters.values())[1 if bound else 0 :]
    name = getattr(function, "__name__", repr(function))
    named = [p for p in parameters if p.kind in (_KINDS.POSITIONAL_ONLY, _KINDS.POSITIONAL_OR_KEYWORD)]
    only_keywords = [p for p in parameters if p.kind is _KINDS.KEYWORD_ONLY]
    star = [p for p in parameters if p.kind is _KINDS.VAR_POSITIONAL]
    double_star = [p for p in parameters if p.kind is _KINDS.VAR_KEYWORD]
    variables = tuple(p.name for p in [*named, *only_keywords, *star, *double_star])
    flags = _template.__code__.co_flags & ~(inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    code = _template.__code__.replace(
        co_name=name,
        co_qualname=name,
        co_argcount=len(named),
        co_posonlyargcount=sum(p.kind is _KINDS.POSITIONAL_ONLY for p in named),
        co_kwonlyargcount=len(only_keywords),
        co_nlocals=len(variables),
        co_varnames=variables,
        co_flags=flags | (inspect.CO_VARARGS if star else 0) | (inspect.CO_VARKEYWORDS if double_star else 0),
    )
    head = FunctionType(code, {}, name)
    head.__defaults__ = tuple(p.default for p in named if p.default is not _KINDS.empty)
    head.__kwdefaults__ = {p.name: p.default for p in only_keywords if p.default is not _KINDS.empty}
    return head


def takes_more_than(head: Callable[..., Any], number: int) -> bool:
    """Whether a function can be called with more than so many positional arguments."""
    parameters = inspect.signature(head).parameters.values()
    if any(p.kind is _KINDS.VAR_POSITIONAL for p in parameters):
        return True
    return sum(p.kind in (_KINDS.POSITIONAL_ONLY, _KINDS.POSITIONAL_OR_KEYWORD) for p in parameters) > number
