"""The base of the domain's errors: a stable code, a sentence for people, and the number of an HTTP status.

Nothing here knows more of HTTP than that number. `apps.common.problems` turns these errors into answers.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """One fault of the input. `field` is None when no single field is at fault."""

    field: str | None
    code: str
    detail: str


class DomainError(Exception):
    """The request could not be carried out.

    A subclass states the fact in its name and says it to people in its docstring, whose first paragraph is
    the message unless the place that raises it knows more. `members` are further members of the answer.
    """

    code: str = "error"
    status: int = 400
    members: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, detail: str | None = None, *, errors: tuple[FieldError, ...] = ()) -> None:
        self.detail = detail or _first_paragraph(type(self))
        self.errors = errors
        super().__init__(self.detail)


class InputError(DomainError):
    """What was sent cannot be used as it is."""

    code = "invalid"

    def __init__(
        self, detail: str | None = None, *, field: str | None = None, errors: tuple[FieldError, ...] = ()
    ) -> None:
        super().__init__(detail)
        self.errors = errors or (FieldError(field, self.code, self.detail),)


def _first_paragraph(error: type[DomainError]) -> str:
    return " ".join((inspect.getdoc(error) or error.__name__).split("\n\n")[0].split())
