"""Values as JSON: kombu's types beyond JSON's own, and errors as data.

Arguments and results are written here; a value of another type becomes `{"__type__": …, "__value__": …}`, as kombu
writes it. Tuples become lists, sets are refused.
"""

import base64
import json
import sys
import uuid
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

from apps.tasks.celery.exceptions import EncodeError, SecurityError

MARKER = "__type__"

#: Type → its name and how it is written. A datetime is also a date: the order counts.
_writers: list[tuple[type, str, Callable[[Any], Any]]] = [
    (datetime, "datetime", datetime.isoformat),
    (date, "date", date.isoformat),
    (time, "time", time.isoformat),
    (Decimal, "decimal", str),
    (uuid.UUID, "uuid", lambda value: {"hex": value.hex}),
]
_readers: dict[str, Callable[[Any], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": lambda value: datetime.fromisoformat(value).date(),
    "time": time.fromisoformat,
    "decimal": Decimal,
    "uuid": lambda value: uuid.UUID(**value),
    "bytes": lambda value: value.encode("utf-8"),
    "base64": lambda value: base64.b64decode(value.encode("utf-8")),
}


def dumps(value: Any) -> str:
    """Raises EncodeError."""
    try:
        return _encoder.encode(value)
    except Exception as error:
        raise EncodeError(error) from error


def loads(text: str) -> Any:
    return json.loads(text, object_hook=_read) if MARKER in text else json.loads(text)


def revive(value: Any) -> Any:
    """What was read as plain JSON, with its marked values as what they were."""
    if isinstance(value, list):
        return [revive(item) for item in value]
    if isinstance(value, dict):
        return _read({key: revive(item) for key, item in value.items()})
    return value


def _write(value: Any) -> Any:
    if hasattr(value, "__json__"):
        return value.__json__()
    if isinstance(value, Promise):
        return str(value)
    for kind, name, write in _writers:
        if isinstance(value, kind):
            return {MARKER: name, "__value__": write(value)}
    if isinstance(value, bytes):
        try:
            return {MARKER: "bytes", "__value__": value.decode("utf-8")}
        except UnicodeDecodeError:
            return {MARKER: "base64", "__value__": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _read(value: dict[str, Any]) -> Any:
    """A dict that only looks like a marked value stays what it is: no call may become unreadable by its arguments."""
    if value.keys() != {MARKER, "__value__"} or not isinstance(value[MARKER], str) or value[MARKER] not in _readers:
        return value
    try:
        return _readers[value[MARKER]](value["__value__"])
    except (ArithmeticError, AttributeError, TypeError, ValueError):
        return value


_encoder = json.JSONEncoder(default=_write, separators=(",", ":"))


def error_to_data(error: BaseException) -> dict[str, Any]:
    """An error as Celery stores it; what of its arguments is no JSON becomes its repr."""
    kind = type(error)
    return {
        "exc_type": kind.__qualname__,
        "exc_message": [_storable(argument) for argument in error.args],
        "exc_module": kind.__module__,
    }


def data_to_error(data: Any) -> BaseException | None:
    """The error again: of its own class if the module is imported here, else of a class made up under its name.

    Raises SecurityError when what is named is no error: code must not be run because it stands in a result.
    """
    if not data or isinstance(data, BaseException):
        return data or None
    if not isinstance(data, dict) or "exc_type" not in data:
        raise ValueError("Exception information must include the exception type")
    name, module, arguments = data["exc_type"], data.get("exc_module"), data.get("exc_message", "")
    found = _find(module, name)
    if not isinstance(found, type) or not issubclass(found, BaseException):
        where = name if module is None else f"{module}.{name}"
        raise SecurityError(f"Expected an exception class, got {where} with payload {arguments}")
    try:
        return found(*arguments) if isinstance(arguments, list | tuple) else found(arguments)
    except Exception:  # noqa: BLE001 — whatever its constructor wants
        return Exception(f"{found}({arguments})")


def _find(module: str | None, name: str) -> Any:
    found: Any = sys.modules.get(module or "")
    for part in name.split("."):
        found = getattr(found, part, None)
    return found if found is not None else type(name, (Exception,), {"__module__": module or __name__})


def _storable(value: Any) -> Any:
    try:
        dumps(value)
    except EncodeError:
        return repr(value)
    return value
