"""Parameters of a query string. One that is given twice is an error: to follow either would ignore the other."""

from collections.abc import Iterable

from rest_framework.request import Request

from apps.common.errors import InputError


def single_value(request: Request, name: str) -> str | None:
    """The value of a parameter, or None where it is not given. Raises InputError for more than one."""
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise InputError(f"'{name}' is given {len(values)} times. Give it once.", field=name)
    return values[0] if values else None


def single_values(request: Request, names: Iterable[str]) -> dict[str, str]:
    """Those of the parameters that are given, by name."""
    given = {name: single_value(request, name) for name in names}
    return {name: value for name, value in given.items() if value is not None}
