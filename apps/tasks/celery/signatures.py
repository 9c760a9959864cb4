"""Signatures: a call as data, for `link` and `link_error`, for sending later, and for handing on."""

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from apps.tasks.celery import current, registry
from apps.tasks.celery import options as known_options
from apps.tasks.celery.exceptions import NO_CANVAS, NotSupportedError
from apps.tasks.celery.result import AsyncResult

if TYPE_CHECKING:
    from apps.tasks.celery.app import Celery
    from apps.tasks.celery.task import Task


class Signature(dict[str, Any]):
    """`{task, args, kwargs, options, subtask_type, immutable}`: a dict, so that it is JSON.

    Arguments of the call are put before its own, keywords and options win over its own; an immutable one takes none.
    """

    def __init__(
        self,
        task: "Task | Mapping[str, Any] | str | None" = None,
        args: Any = None,
        kwargs: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        *,
        type: Any = None,  # noqa: ARG002 — Celery's signature
        subtask_type: str | None = None,
        immutable: bool = False,
        app: "Celery | None" = None,
        **more: Any,
    ) -> None:
        self._app = app
        if isinstance(task, Mapping):
            _refuse_canvas(task.get("subtask_type"))
            super().__init__(task)
            return
        known_options.check_call(getattr(task, "name", str(task)), {**(options or {}), **more})
        super().__init__(
            task=getattr(task, "name", task),
            args=tuple(args or ()),
            kwargs=dict(kwargs or {}),
            options={**(options or {}), **more},
            subtask_type=subtask_type,
            immutable=immutable,
        )

    @classmethod
    def from_dict(cls, d: Mapping[str, Any], app: "Celery | None" = None) -> "Signature":
        return cls(d, app=app)

    # -- its parts ------------------------------------------------------------------------------------------

    @property
    def task(self) -> str:
        name: str = self["task"]
        return name

    name = task

    @property
    def args(self) -> tuple[Any, ...]:
        return tuple(self["args"] or ())

    @args.setter
    def args(self, value: Any) -> None:
        self["args"] = tuple(value)

    @property
    def kwargs(self) -> dict[str, Any]:
        found: dict[str, Any] = self["kwargs"]
        return found

    @kwargs.setter
    def kwargs(self, value: dict[str, Any]) -> None:
        self["kwargs"] = value

    @property
    def options(self) -> dict[str, Any]:
        found: dict[str, Any] = self["options"]
        return found

    @options.setter
    def options(self, value: dict[str, Any]) -> None:
        self["options"] = value

    @property
    def immutable(self) -> bool:
        return bool(self.get("immutable"))

    @property
    def subtask_type(self) -> str | None:
        return self.get("subtask_type")

    @property
    def id(self) -> str | None:
        return self.options.get("task_id")

    @property
    def app(self) -> "Celery":
        return self._app or current.app()

    @property
    def type(self) -> "Task":
        """The task. Raises NotRegistered when this process does not know it."""
        return registry.tasks[self.task]

    # -- calling ----------------------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the task here."""
        all_args, all_kwargs, _ = self._merge(args, kwargs, None)
        return self.type(*all_args, **all_kwargs)

    def delay(self, *args: Any, **kwargs: Any) -> AsyncResult:
        return self.apply_async(args, kwargs)

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> AsyncResult:
        """Send. A task that this process does not know is sent by its name."""
        given = {name: value for name, value in options.items() if value is not None}
        all_args, all_kwargs, all_options = self._merge(args, kwargs, given)
        if self.task in registry.tasks:
            return self.type.apply_async(all_args, all_kwargs, **all_options)
        return self.app.send_task(self.task, all_args, all_kwargs, **all_options)

    def apply(self, args: Any = None, kwargs: Any = None, **options: Any) -> AsyncResult:
        """Run in place."""
        given = {name: value for name, value in options.items() if value is not None}
        all_args, all_kwargs, all_options = self._merge(args, kwargs, given)
        return self.type.apply(all_args, all_kwargs, **all_options)

    def _merge(self, args: Any, kwargs: Any, options: Mapping[str, Any] | None) -> tuple[Any, Any, dict[str, Any]]:
        all_options = {**self.options, **(options or {})}
        if self.immutable:
            return self.args, self.kwargs, all_options
        return (*(args or ()), *self.args), {**self.kwargs, **(kwargs or {})}, all_options

    # -- making others of it ---------------------------------------------------------------------------------

    def clone(self, args: Any = None, kwargs: Any = None, **options: Any) -> "Signature":
        """A copy, with more arguments and options."""
        all_args, all_kwargs, all_options = self._merge(args, kwargs, options)
        return Signature(
            self.task, all_args, dict(all_kwargs), deepcopy(all_options), immutable=self.immutable, app=self._app
        )

    partial = clone

    def replace(self, args: Any = None, kwargs: Any = None, options: Any = None) -> "Signature":
        """A copy, with other arguments or options instead of its own."""
        copy = self.clone()
        for part, value in (("args", args), ("kwargs", kwargs), ("options", options)):
            if value is not None:
                copy[part] = value
        return copy

    def set(self, immutable: bool | None = None, **options: Any) -> "Signature":
        """Set options of the call; returns itself. Raises NotSupportedError for those that no call may have."""
        known_options.check_call(self.task, options)
        if immutable is not None:
            self.set_immutable(immutable)
        self.options.update(options)
        return self

    def set_immutable(self, immutable: bool) -> None:
        self["immutable"] = immutable

    def freeze(self, _id: str | None = None, **options: Any) -> AsyncResult:
        """Give it the id that the call will have; returns its result."""
        self.options.setdefault("task_id", _id or str(uuid4()))
        self.options.update({name: value for name, value in options.items() if value is not None})
        return AsyncResult(self.options["task_id"], app=self._app)

    def link(self, callback: Any) -> Any:
        """Have `callback` sent when the task has succeeded; returns the callback."""
        return self._append("link", callback)

    def link_error(self, errback: Any) -> Any:
        """Have `errback` told when the task has failed; returns the errback."""
        return self._append("link_error", errback)

    def on_error(self, errback: Any) -> "Signature":
        """As `link_error`; returns itself."""
        self.link_error(errback)
        return self

    def _append(self, option: str, call: Any) -> Any:
        calls = as_list(self.options.get(option))
        if call not in calls:
            calls.append(call)
        self.options[option] = calls
        return call

    def __or__(self, other: Any) -> Any:
        raise NotSupportedError(NO_CANVAS.format("The operator |"))

    __ror__ = __or__

    def __deepcopy__(self, memo: dict[int, Any]) -> "Signature":
        return Signature(deepcopy(dict(self), memo), app=self._app)

    def __reduce__(self) -> Any:
        return Signature, (dict(self),)

    def __repr__(self) -> str:
        called = [*map(repr, self.args), *(f"{name}={value!r}" for name, value in self.kwargs.items())]
        return f"{self.task}({', '.join(called)})"


def signature(varies: Any, *args: Any, **kwargs: Any) -> Signature:
    """A signature of a task, of a name, or of a signature that has become a plain dict."""
    if isinstance(varies, Signature):
        return varies.clone()
    return Signature(varies, *args, **kwargs)


subtask = signature


def maybe_signature(found: Any, app: "Celery | None" = None, *, clone: bool = False) -> Any:
    """The signature that a dict stands for; anything else as it is."""
    if isinstance(found, Signature):
        return found.clone() if clone else found
    return Signature(found, app=app) if isinstance(found, Mapping) else found


def as_list(calls: Any) -> list[Any]:
    """One call, several, or none, as a list of its own."""
    if calls is None:
        return []
    return list(calls) if isinstance(calls, list | tuple | set) else [calls]


def as_data(calls: Any) -> list[dict[str, Any]] | None:
    """What is linked, as it travels; None for nothing. Tasks without a call of their own are called as they are."""
    found = [_call_of(call) for call in as_list(calls)]
    for call in found:
        _refuse_canvas(call.get("subtask_type"))
        known_options.check_call(call["task"], call.get("options") or {})
    return found or None


def _call_of(linked: Any) -> dict[str, Any]:
    if isinstance(linked, Mapping):
        return dict(linked)
    if not hasattr(linked, "s"):
        raise NotSupportedError(f"link= and link_error= want a signature, such as task.s(), which {linked!r} is not.")
    return dict(linked.s())


def _refuse_canvas(kind: str | None) -> None:
    if kind:
        raise NotSupportedError(NO_CANVAS.format(f"A {kind}"))
