"""The configuration of an app: a mapping whose keys are attributes as well, as Celery's `app.conf`.

A value comes from what was set on it, else from the object given to `config_from_object` (without one: Django's
settings that begin with CELERY_), there under its name or the one that it had in Celery 3, else it is Celery's default.
Everything is read when it is asked for: Django may not
be ready while the app is made, and tests override settings.
"""

import difflib
from collections.abc import Iterator, Mapping, MutableMapping
from datetime import UTC, timedelta, tzinfo
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from apps.tasks.celery import settings
from apps.tasks.celery.exceptions import FaultySettingError, NotSupportedError

DJANGO = "django.conf:settings"
NAMESPACE = "CELERY"
MISSING = object()


class Conf(MutableMapping[str, Any]):
    """Raises NotSupportedError where a value is set that cannot be had, and where a name is none of Celery's."""

    def __init__(self) -> None:
        vars(self).update(_set={}, _source=DJANGO, _namespace=NAMESPACE)

    def read_from(self, source: Any, namespace: str | None) -> None:
        """`source`: an object, a mapping, the name of a module, or `module:attribute`."""
        vars(self).update(_source=source, _namespace=namespace)

    def given(self) -> dict[str, Any]:
        """What was set, by its names, also by such as Celery does not know. Old names are those of today."""
        return {**self._from_source(), **self._set}

    def faults(self) -> list[str]:
        """Why what was set cannot be had."""
        return [fault for name, value in self.given().items() if (fault := settings.fault(name, value))]

    def __getitem__(self, name: str) -> Any:
        if name in self._set:
            return self._set[name]
        value = self._find(name)
        if value is not MISSING:
            return value
        if name in settings.HONOURED:
            return settings.HONOURED[name]
        if settings.is_known(name):
            return None
        raise KeyError(name)

    def __setitem__(self, name: str, value: Any) -> None:
        if not settings.is_known(name):
            raise NotSupportedError(f"{name!r} is not a setting of Celery's.{did_you_mean(name)}")
        if fault := settings.fault(name, value):
            raise NotSupportedError(fault)
        self._set[name] = value

    def __delitem__(self, name: str) -> None:
        del self._set[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**settings.HONOURED, **self.given()})

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    @property
    def tz(self) -> tzinfo:
        """The zone that naive times are in, and schedules: as in Celery, without `timezone` it is Django's TIME_ZONE
        where the settings are Django's. Raises FaultySettingError."""
        name = self["timezone"] or self._read("TIME_ZONE", None)
        if fault := settings.zone_fault(name):
            raise FaultySettingError(fault)
        return name if isinstance(name, tzinfo) else ZoneInfo(name) if name else UTC

    @property
    def result_seconds(self) -> float | None:
        """How long a result can be asked for; None: as long as it is kept."""
        value = self["result_expires"]
        return value.total_seconds() if isinstance(value, timedelta) else float(value) if value else None

    def _find(self, name: str) -> Any:
        found = self._read(self._key(name), MISSING)
        if found is MISSING and name in settings.OLD_NAMES:
            return self._read(settings.OLD_NAMES[name], MISSING)
        return found

    def _read(self, key: str, default: Any) -> Any:
        source = self._resolved()
        return source.get(key, default) if isinstance(source, Mapping) else getattr(source, key, default)

    def _key(self, name: str) -> str:
        return f"{self._namespace}_{name.upper()}" if self._namespace else name

    def _resolved(self) -> Any:
        if isinstance(self._source, str):
            module, _, attribute = self._source.partition(":")
            found = import_module(module)
            vars(self)["_source"] = getattr(found, attribute) if attribute else found
        return self._source

    def _from_source(self) -> dict[str, Any]:
        source = self._resolved()
        prefix = f"{self._namespace}_" if self._namespace else ""
        new: dict[str, str] = {}
        old: dict[str, str] = {}
        for key in source if isinstance(source, Mapping) else dir(source):
            name = key.removeprefix(prefix).lower()
            renamed = settings.new_name(key)
            if renamed is not None and key != self._key(renamed):
                old[renamed] = key
            # Without a prefix a module holds more than settings.
            elif key.startswith(prefix) and (prefix or settings.is_known(key)):
                new[name] = key
        return {name: self._read(key, None) for name, key in {**old, **new}.items()}


def did_you_mean(name: str) -> str:
    """A hint at the setting that was meant, or nothing."""
    near = nearest(name)
    return f" Did you mean {near!r}?" if near else ""


def nearest(name: str) -> str | None:
    """The setting that was probably meant."""
    names = [*settings.HONOURED, *settings.WITHOUT_EFFECT, *settings.REFUSED]
    near = difflib.get_close_matches(name, names, n=1) or [known for known in names if known.endswith(f"_{name}")]
    return near[0] if near else None
