"""Makes a function a task: a class of its own, whose one object is called and sent."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from apps.tasks.celery import heads, options, registry, retrying
from apps.tasks.celery.task import Task

if TYPE_CHECKING:
    from apps.tasks.celery.app import Celery


def decorate(app: "Celery", function: Any, others: Sequence[Any], given: Mapping[str, Any], *, shared: bool) -> Any:
    """What `@task` answers, with a function or without one. `shared`: it is a task of whichever app is the current one,
    as its module may be imported before the app is made."""
    if others:
        raise TypeError(f"@task() takes exactly 1 argument ({1 + len(others) + len(given)} given)")
    if function is None:
        return lambda function: _task_from(app, function, given, shared=shared)
    if not callable(function):
        raise TypeError("argument 1 to @task() must be a callable")
    return _task_from(app, function, given, shared=shared)


def _task_from(app: "Celery", function: Callable[..., Any], given: Mapping[str, Any], *, shared: bool) -> Task:
    """Declaring the same function again (its module is imported a second time) gives the task that there is."""
    own = dict(given)
    name = own.pop("name", None) or app.gen_task_name(function.__name__, function.__module__)
    base: type[Task] = own.pop("base", None) or app.Task
    bind = bool(own.pop("bind", False))
    options.check_task(name, given, declared=dir(base))
    known = registry.tasks.get(name)
    if known is not None and _is_of(known, function):
        return known
    if not shared:
        own["app"] = app
    if own.get("typing") is None and base.typing is None:
        own["typing"] = app.strict_typing
    task = _class_of(function, name=name, base=base, bind=bind, own=own)()
    retrying.add_autoretry(task)
    registry.tasks.add(task)
    return task


def _class_of(
    function: Callable[..., Any], *, name: str, base: type[Task], bind: bool, own: Mapping[str, Any]
) -> type[Task]:
    run = function if bind else staticmethod(function)
    attributes = {
        **{key: value for key, value in own.items() if key not in {"lazy", "shared"}},
        "name": name,
        "run": run,
        "bound": bind,
        "head": staticmethod(heads.head_of(function, bound=bind)),
        "__name__": function.__name__,
        "__doc__": function.__doc__,
        "__module__": function.__module__,
        "__wrapped__": run,
    }
    if "on_end" in attributes:
        attributes["on_end"] = staticmethod(attributes["on_end"])
    return type(function.__name__, (base,), attributes)


def _is_of(task: Task, function: Callable[..., Any]) -> bool:
    known = inspect.unwrap(task.run)
    return (known.__module__, known.__qualname__) == (function.__module__, function.__qualname__)
