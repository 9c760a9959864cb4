"""The current app: the one made last, or a default one that reads Django's settings."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apps.tasks.celery.app import Celery

_apps: "list[Celery]" = []
_make_default: "list[Callable[[], Celery]]" = []


def app() -> "Celery":
    if not _apps:
        _make_default[0]()
    return _apps[-1]


def set_current(new: "Celery") -> None:
    _apps.append(new)


def apps() -> "list[Celery]":
    """Every app that was made in this process, the default one if there was none."""
    return [*_apps] or [app()]


def made_by(factory: "Callable[[], Celery]") -> None:
    """For `app`, which is above: how a default app is made."""
    _make_default[:] = [factory]


class CurrentApp:
    """The current app, as `current_app`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(app(), name)

    def _get_current_object(self) -> "Celery":
        return app()

    def __eq__(self, other: object) -> bool:
        return app() is other

    __hash__ = None  # type: ignore[assignment]  # what it stands for changes

    def __repr__(self) -> str:
        return repr(app())


current_app = CurrentApp()
