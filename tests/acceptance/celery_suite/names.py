"""Resolves imports of `celery` to the shim, in the processes of this harness alone.

`celery.x` gives what `apps.tasks.celery.x` has. What Celery's test modules import beyond it, for tests that are out of
scope or to look into Celery's own worker, is listed in `STAND_INS`; any other name is an ImportError.
"""

import multiprocessing
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, spec_from_loader
from types import ModuleType
from typing import Any

SHIM = "apps.tasks.celery"


class OutOfScopeError(Exception):
    """A test that is not in scope was run: it uses what the shim does not offer."""


def absent(name: str, base: type = object) -> type:
    """A class that can be imported, derived from and caught, and fails whoever uses it."""

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise OutOfScopeError(name)

    return type(name, (base,), {"__init__": refuse})


def keep_function(*_args: object, **_options: object) -> Callable[[Any], Any]:
    """A decorator with options that changes nothing."""
    return lambda function: function


def shared_task(*args: Any, **options: Any) -> Any:
    """The shim's, but for tasks with Pydantic models: refused there, and in the module of all tasks here."""
    if options.get("pydantic"):
        return lambda function: absent(function.__name__)
    return import_module(SHIM).shared_task(*args, **options)


class SuccessfulRequests:
    """In Celery a table in the memory of the worker, which its tests run in their own process. Here the ledger."""

    def __contains__(self, task_id: str) -> bool:
        models, states = import_module("apps.tasks.models"), import_module("apps.tasks.states")
        return bool(models.Invocation.objects.filter(id=task_id, status=states.Status.SUCCEEDED).exists())


#: Before the shim's own names.
OVERRIDES: dict[str, dict[str, Any]] = {"celery": {"shared_task": shared_task}}

#: After the shim's own names.
STAND_INS: dict[str, dict[str, Any]] = {
    "celery": {name: absent(name) for name in ("chain", "chord", "group")},
    "celery.backends": {},
    "celery.backends.base": {"BaseKeyValueStoreBackend": absent("BaseKeyValueStoreBackend")},
    "celery.canvas": {name: absent(name) for name in ("StampingVisitor", "_chain")},
    "celery.result": {name: absent(name) for name in ("GroupResult", "ResultSet")},
    "celery.signals": {"task_received": absent("task_received")},
    "celery.utils": {},
    "celery.utils.serialization": {"UnpickleableExceptionWrapper": absent("UnpickleableExceptionWrapper", Exception)},
    "celery.worker": {},
    "celery.worker.control": {
        "add_consumer": absent("add_consumer"),
        "cancel_consumer": absent("cancel_consumer"),
        "control_command": keep_function,
        "inspect_command": keep_function,
    },
    "celery.worker.state": {"successful_requests": SuccessfulRequests()},
}


class Mirror(ModuleType):
    """A module of Celery's: looks each name up when it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name in OVERRIDES.get(self.__name__, {}):
            return OVERRIDES[self.__name__][name]
        shim = shim_module(self.__name__)
        if shim is not None and hasattr(shim, name):
            return getattr(shim, name)
        if name in STAND_INS.get(self.__name__, {}):
            return STAND_INS[self.__name__][name]
        raise AttributeError(f"neither the shim nor this harness has {self.__name__}.{name}")


class Resolver(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != "celery":
            return None
        if fullname in STAND_INS or shim_module(fullname) is not None:
            return spec_from_loader(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return Mirror(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: names are looked up when they are asked for."""


def shim_module(celery_name: str) -> ModuleType | None:
    """The shim's module at the same place, if it has one."""
    name = SHIM + celery_name.removeprefix("celery")
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise  # the module is there, and misses something itself
        return None


def install() -> None:
    """From here on `import celery` means the shim. Refuses where the real one could be imported."""
    for name in ("celery", "kombu"):
        if find_spec(name):
            raise RuntimeError(f"the real {name} is installed here: its tests would judge it, not the shim")
    sys.meta_path.insert(0, Resolver())
    # Imported by Celery's test modules for tests that are out of scope.
    sys.modules["billiard"] = multiprocessing
    pydantic = ModuleType("pydantic")
    pydantic.BaseModel = absent("BaseModel")  # type: ignore[attr-defined]
    sys.modules["pydantic"] = pydantic
