"""Celery's signals, on Django's: what a receiver raises is logged and changes nothing.

Those that are listed in `SILENT` exist in Celery and are never sent here: connecting to one is refused.
"""

from collections.abc import Callable
from typing import Any

from django.dispatch import Signal as DjangoSignal

from apps.tasks.celery.exceptions import NotSupportedError


class Signal(DjangoSignal):
    """`connect` may be called, used as a decorator, or as a decorator with options, as in Celery."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.name = name

    def connect(self, *args: Any, **options: Any) -> Any:
        """`connect(receiver, sender=None, weak=True, dispatch_uid=None)`; without a receiver a decorator."""
        if args and callable(args[0]):
            return self._connect(*args, **options)
        return lambda receiver: self._connect(receiver, *args, **options)

    def _connect(
        self, receiver: Callable[..., Any], sender: Any = None, *, weak: bool = True, dispatch_uid: Any = None
    ) -> Callable[..., Any]:
        super().connect(receiver, sender=_same(sender), weak=weak, dispatch_uid=dispatch_uid)
        return receiver

    def disconnect(self, receiver: Any = None, sender: Any = None, dispatch_uid: Any = None) -> bool:
        return super().disconnect(receiver, sender=_known(sender), dispatch_uid=dispatch_uid)

    def has_listeners(self, sender: Any = None) -> bool:
        return super().has_listeners(_known(sender))

    def send(self, sender: Any, **named: Any) -> list[tuple[Any, Any]]:
        """Tell all receivers; returns what each answered, or raised."""
        return super().send_robust(_known(sender), **named)

    send_robust = send

    def __repr__(self) -> str:
        return f"<Signal: {self.name}>"


class SilentSignal(Signal):
    """A signal of Celery's that nothing here would ever send."""

    def connect(self, *_args: Any, **_options: Any) -> Any:
        raise NotSupportedError(f"The signal {self.name} is never sent here: {SILENT[self.name]}.")


#: The names that somebody has connected to. They are kept, as Django remembers no more of a sender than its address.
_names: dict[str, str] = {}


def _same(sender: Any) -> Any:
    """Django knows senders by identity, Celery those that are text (a task's name) by their value."""
    return _names.setdefault(sender, sender) if isinstance(sender, str) else sender


def _known(sender: Any) -> Any:
    """The sender as it was connected to, if it was."""
    return _names.get(sender, sender) if isinstance(sender, str) else sender


before_task_publish = Signal("before_task_publish")
after_task_publish = Signal("after_task_publish")
task_prerun = Signal("task_prerun")
task_postrun = Signal("task_postrun")
task_success = Signal("task_success")
task_retry = Signal("task_retry")
task_failure = Signal("task_failure")
task_revoked = Signal("task_revoked")
worker_process_init = Signal("worker_process_init")
worker_ready = Signal("worker_ready")
worker_shutting_down = Signal("worker_shutting_down")
worker_shutdown = Signal("worker_shutdown")

_LOGGING = "logging is Django's LOGGING setting; configure it there"
_BEAT = "schedules are ticked by the workers, there is no beat process"
_EVENTLET = "workers run threads"
_STARTUP = "use worker_process_init or worker_ready, or AppConfig.ready"
SILENT = {
    "task_received": "a worker claims what it starts at once; use task_prerun",
    "task_internal_error": "errors outside of the task's code are the task layer's, in the worker's log",
    "task_rejected": "use task_postrun, which is told the state",
    "task_unknown": "an unknown task ends as FAILURE with NotRegistered, which the caller can see",
    "task_sent": "use after_task_publish",
    "celeryd_init": _STARTUP,
    "celeryd_after_setup": _STARTUP,
    "import_modules": "use on_after_finalize of the app",
    "worker_init": _STARTUP,
    "worker_before_create_process": _STARTUP,
    "worker_process_shutdown": "use worker_shutdown, which each process sends",
    "heartbeat_sent": "leases are kept by the worker's parent",
    "setup_logging": _LOGGING,
    "after_setup_logger": _LOGGING,
    "after_setup_task_logger": _LOGGING,
    "beat_init": _BEAT,
    "beat_embedded_init": _BEAT,
    "eventlet_pool_started": _EVENTLET,
    "eventlet_pool_preshutdown": _EVENTLET,
    "eventlet_pool_postshutdown": _EVENTLET,
    "eventlet_pool_apply": _EVENTLET,
    "user_preload_options": "options belong to manage.py worker",
}
task_received = SilentSignal("task_received")
task_internal_error = SilentSignal("task_internal_error")
task_rejected = SilentSignal("task_rejected")
task_unknown = SilentSignal("task_unknown")
task_sent = SilentSignal("task_sent")
celeryd_init = SilentSignal("celeryd_init")
celeryd_after_setup = SilentSignal("celeryd_after_setup")
import_modules = SilentSignal("import_modules")
worker_init = SilentSignal("worker_init")
worker_before_create_process = SilentSignal("worker_before_create_process")
worker_process_shutdown = SilentSignal("worker_process_shutdown")
heartbeat_sent = SilentSignal("heartbeat_sent")
setup_logging = SilentSignal("setup_logging")
after_setup_logger = SilentSignal("after_setup_logger")
after_setup_task_logger = SilentSignal("after_setup_task_logger")
beat_init = SilentSignal("beat_init")
beat_embedded_init = SilentSignal("beat_embedded_init")
eventlet_pool_started = SilentSignal("eventlet_pool_started")
eventlet_pool_preshutdown = SilentSignal("eventlet_pool_preshutdown")
eventlet_pool_postshutdown = SilentSignal("eventlet_pool_postshutdown")
eventlet_pool_apply = SilentSignal("eventlet_pool_apply")
user_preload_options = SilentSignal("user_preload_options")
