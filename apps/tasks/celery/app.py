"""The app: configuration, decorators, and sending by name, as Celery's `Celery` object."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar, overload

from django.apps import apps as django_apps
from django.utils import timezone as django_timezone

from apps.tasks.celery import beat, current, declaring, envelope, options, registry, retrying, sending, settings
from apps.tasks.celery.conf import Conf
from apps.tasks.celery.control import Control
from apps.tasks.celery.exceptions import AlwaysEagerIgnored, FaultySettingError, NotSupportedError
from apps.tasks.celery.request import current_task
from apps.tasks.celery.result import AsyncResult as Result
from apps.tasks.celery.signals import Signal
from apps.tasks.celery.signatures import Signature
from apps.tasks.celery.task import Task as BaseTask
from apps.tasks.errors import FaultySchedulesError


class Celery:
    """What is made last is the current app, whose settings count for the process.

    Attributes:
      main: stands for `__main__` in names of tasks.
      on_configure, on_after_configure: sent when the app is finalized, before the tasks' modules are imported.
      on_after_finalize: sent after that.
    """

    #: Constructor argument → the setting that it is.
    SETTINGS: ClassVar[Mapping[str, str]] = {"broker": "broker_url", "backend": "result_backend", "include": "include"}

    def __init__(
        self,
        main: str | None = None,
        *,
        task_cls: "type[BaseTask] | str | None" = None,
        config_source: Any = None,
        namespace: str | None = None,
        set_as_current: bool = True,
        strict_typing: bool = True,
        changes: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> None:
        self.main = main
        self.conf = Conf()
        self._namespace = namespace
        self.control = Control()
        self.strict_typing = strict_typing
        self.finalized = False
        self.on_configure = Signal("on_configure")
        self.on_after_configure = Signal("on_after_configure")
        self.on_after_finalize = Signal("on_after_finalize")
        self._task_cls = task_cls
        #: What add_periodic_task has added to beat_schedule.
        self.periodic: dict[str, dict[str, Any]] = {}
        self._to_import: list[Callable[[], None]] = []
        if set_as_current:
            current.set_current(self)
        if config_source is not None:
            self.config_from_object(config_source)
        for name, value in {**given, **(changes or {})}.items():
            if name in self.SETTINGS or name in (changes or {}):
                self.conf[self.SETTINGS.get(name, name)] = value
            else:
                raise NotSupportedError(f"Celery() has no option {name!r} here. Known are: {', '.join(self.SETTINGS)}.")

    # -- configuration ----------------------------------------------------------------------------------------

    def config_from_object(
        self,
        obj: Any,
        silent: bool = False,  # noqa: ARG002 — nothing is imported before it is needed
        force: bool = False,  # noqa: ARG002
        namespace: str | None = None,
    ) -> None:
        """Read the settings from an object, a mapping or a module's name; with a namespace, those that begin with
        it (default: the one that the app was made with). Read when they are needed."""
        self.conf.read_from(obj, namespace or self._namespace)

    @property
    def timezone(self) -> tzinfo:
        return self.conf.tz

    def now(self) -> datetime:
        return django_timezone.now().astimezone(self.timezone)

    def set_current(self) -> None:
        current.set_current(self)

    set_default = set_current

    # -- tasks --------------------------------------------------------------------------------------------------

    @property
    def Task(self) -> type[BaseTask]:
        """The base of its tasks: to inherit from, or to be set with `task_cls`."""
        base = self._task_cls or BaseTask
        if isinstance(base, str):
            module, _, name = base.replace(":", ".").rpartition(".")
            base = getattr(import_module(module), name)
        return base

    @Task.setter
    def Task(self, base: "type[BaseTask] | str") -> None:
        self._task_cls = base

    @property
    def tasks(self) -> registry.TaskRegistry:
        """Every task that is known, of whichever app."""
        self.finalize()
        return registry.tasks

    @overload
    def task(self, function: Callable[..., Any], /, **given: Any) -> BaseTask: ...
    @overload
    def task(self, /, **given: Any) -> Callable[[Callable[..., Any]], BaseTask]: ...

    def task(self, function: Any = None, /, *others: Any, **given: Any) -> Any:
        """`@app.task`, `@app.task(…)` or `app.task(function, …)`: make a function a task."""
        return declaring.decorate(self, function, others, given, shared=False)

    def register_task(self, task: "BaseTask | type[BaseTask]", **given: Any) -> BaseTask:
        """Make an object or class a task, whose `run` is its function."""
        made = task() if isinstance(task, type) else task
        kind = type(made)
        options.check_task(kind.__name__, given, declared=dir(kind))
        made.name = made.name or self.gen_task_name(kind.__name__, kind.__module__)
        vars(made).update(given, app=self)
        made.bound = True
        retrying.add_autoretry(made)
        registry.tasks.add(made)
        return made

    def gen_task_name(self, name: str, module: str) -> str:
        return f"{self.main if module == '__main__' and self.main else module}.{name}"

    # -- sending ------------------------------------------------------------------------------------------------

    def send_task(self, name: str, args: Any = None, kwargs: Any = None, **given: Any) -> Result:
        """Send a task by its name, which need not be known here. Its workers end an unknown one as FAILURE."""
        options.check_call(name, given)
        if self.conf.task_always_eager:
            warnings.warn(AlwaysEagerIgnored("task_always_eager has no effect on send_task"), stacklevel=2)
        known = registry.tasks.get(name)
        chosen = {**(known.own_options(given) if known else {}), **{k: v for k, v in given.items() if v is not None}}
        envelope.check_limits(chosen.get("time_limit"), chosen.get("soft_time_limit"))
        return sending.send(name, args, kwargs, chosen)

    def signature(self, *args: Any, **kwargs: Any) -> Signature:
        return Signature(*args, app=self, **kwargs)

    def AsyncResult(self, task_id: str, **kwargs: Any) -> Result:
        return Result(task_id, app=self, **kwargs)

    @property
    def current_task(self) -> Any:
        return current_task

    # -- becoming ready -------------------------------------------------------------------------------------------

    def autodiscover_tasks(
        self,
        packages: "Iterable[str] | Callable[[], Iterable[str]] | None" = None,
        related_name: str | None = "tasks",
        force: bool = False,
    ) -> None:
        """Import the tasks' modules of these packages (default: of Django's apps) when a worker starts; with `force`
        at once."""

        def discover() -> None:
            found = packages() if callable(packages) else packages
            for package in found or [config.name for config in django_apps.get_app_configs()]:
                _import_if_there(f"{package}.{related_name}" if related_name else package)

        if force:
            discover()
        else:
            self._to_import.append(discover)

    # -- schedules --------------------------------------------------------------------------------------------------

    def add_periodic_task(
        self,
        schedule: Any,
        sig: Any,
        args: Any = (),
        kwargs: Any = None,
        name: str | None = None,
        **given: Any,
    ) -> str:
        """Have a signature sent by a schedule; returns the schedule's name. To be called before a worker ticks: while
        modules are imported, or in a receiver of on_after_configure or on_after_finalize."""
        call = sig.clone(args, kwargs) if isinstance(sig, Signature) else self.signature(sig.name, args, kwargs)
        key = name or repr(call)
        self.periodic[key] = {
            "schedule": schedule,
            "task": call.task,
            "args": call.args,
            "kwargs": call.kwargs,
            "options": {**call.options, **given},
        }
        return key

    def finalize(self, *, auto: bool = False) -> None:  # noqa: ARG002 — Celery's signature
        """Import all tasks and tell who waits for it; once."""
        if self.finalized or not django_apps.ready:
            return
        self.finalized = True
        self.on_configure.send(self)
        self.on_after_configure.send(self, source=self.conf)
        for name in (*self.conf.imports, *self.conf.include):
            import_module(name)
        for discover in self._to_import:
            discover()
        self.on_after_finalize.send(self)
        for queue in self.queues():
            sending.ledger_broker().declare_queue(queue)

    def queues(self) -> set[str]:
        """The queues that the settings name, to be consumed from a worker's start."""
        conf = self.conf
        routes = conf.task_routes.values() if isinstance(conf.task_routes, Mapping) else ()
        routed = [route if isinstance(route, str) else route.get("queue") for route in routes if not callable(route)]
        named = [*(conf.task_queues or ()), *routed, conf.task_default_queue]
        return {envelope.queue_of(name) for name in named if name}

    def __repr__(self) -> str:
        return f"<Celery {self.main or '__main__'}>"


@overload
def shared_task(function: Callable[..., Any], /) -> BaseTask: ...
@overload
def shared_task(**given: Any) -> Callable[[Callable[..., Any]], BaseTask]: ...


def shared_task(*args: Any, **given: Any) -> Any:
    """A task of whichever app is the current one when it is asked: `@shared_task` or `@shared_task(…)`."""
    function, *others = args or (None,)
    return declaring.decorate(current.app(), function, others, given, shared=True)


def declare_schedules() -> None:
    """Declare what Celery's settings and add_periodic_task say of schedules. Raises FaultySchedulesError when it has
    declared those that can be."""
    faults: dict[str, Exception] = {}
    for app in current.apps():
        app.finalize()
        entries = app.conf.beat_schedule or {}
        if fault := settings.fault("beat_schedule", entries):
            faults["beat_schedule"], entries = FaultySettingError(fault), {}
        for name, entry in {**entries, **app.periodic}.items():
            try:
                beat.declare_entry(name, entry, app=app)
            except Exception as error:  # noqa: BLE001 — people's own schedules may raise anything; it is told
                faults[name] = error
    if faults:
        raise FaultySchedulesError(faults)


def _import_if_there(name: str) -> None:
    """Errors in the module are raised; that there is none is not an error."""
    parent = name.rpartition(".")[0]
    if not parent or find_spec(parent) is None or find_spec(name) is None:
        return
    import_module(name)


current.made_by(Celery)
