"""Sending a call: its options become an envelope and a row of the ledger, in the caller's transaction."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import dramatiq
from django.utils.module_loading import import_string
from dramatiq import Message

from apps.tasks import origins
from apps.tasks.celery import current, envelope, registry, request, serialization, settings, signals, signatures
from apps.tasks.celery.envelope import Envelope
from apps.tasks.celery.exceptions import NotRegistered, NotSupportedError
from apps.tasks.celery.result import AsyncResult

if TYPE_CHECKING:
    from apps.tasks.broker import LedgerBroker

#: The options that go into the envelope as they are.
AS_GIVEN = ("shadow", "headers", "root_id", "parent_id", "retries")


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A call, ready to be written.

    Attributes:
      payload: arguments, keyword arguments and options, as the ledger has them.
    """

    queue: str
    priority: int
    delay_ms: int
    payload: str
    options: dict[str, Any]


def send(
    name: str, args: Sequence[Any] | None, kwargs: Mapping[str, Any] | None, options: dict[str, Any]
) -> AsyncResult:
    """Send a task by its name. `options` are those of `options.CALL_OPTIONS`, checked already.

    Raises EncodeError for what is no JSON, InvocationExistsError for an id that is alive.
    """
    task_id = options.get("task_id") or str(uuid4())
    _inherit(options, task_id)
    if options.get("headers"):
        options["headers"] = dict(options["headers"])
    args, kwargs = _arguments(args, kwargs)
    if signals.before_task_publish.has_listeners(name):
        _announce(name, task_id, args, kwargs, options)
    outgoing = prepare(name, args, kwargs, options)
    broker = ledger_broker()
    message: Message[Any] = Message(
        queue_name=outgoing.queue,
        actor_name=name,
        args=tuple(args),
        kwargs=dict(kwargs),
        options=outgoing.options,
        message_id=task_id,
    )
    broker.post(message, payload=outgoing.payload, priority=outgoing.priority, delay_ms=outgoing.delay_ms)
    signals.after_task_publish.send(
        name, headers={"id": task_id, "task": name}, body=(args, kwargs, {}), exchange="", routing_key=outgoing.queue
    )
    result = AsyncResult(task_id, task_name=name)
    result.ignored = bool(options.get("ignore_result"))
    _note_child(result, options)
    return result


def ledger_broker() -> "LedgerBroker":
    """The broker that the settings name. (Its module is not imported here: it wants Django to be ready.)"""
    return cast("LedgerBroker", dramatiq.get_broker())


def prepare(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], options: Mapping[str, Any]) -> Outgoing:
    """A call as the ledger wants it. Raises EncodeError."""
    conf = current.app().conf
    routes = conf.task_routes
    route = route_of(name, routes, (args, kwargs, options)) if routes else {}
    enclosed = enclose(options)
    text = f'"args":{serialization.dumps(args)},"kwargs":{serialization.dumps(kwargs)}'
    if serialization.MARKER in text:
        enclosed["marked"] = True
    payload_options: dict[str, Any] = {envelope.KEY: enclosed}
    if name not in registry.tasks:
        payload_options[envelope.IF_UNKNOWN] = serialization.dumps(serialization.error_to_data(NotRegistered(name)))
        if options.get("ignore_result") is not None:
            enclosed["ignore_result"] = options["ignore_result"]
    priorities = (options.get("priority"), route.get("priority"), conf.task_default_priority)
    priority = next((value for value in priorities if value is not None), None)
    if priority is not None:
        enclosed["priority"] = priority
    return Outgoing(
        queue=envelope.queue_of(options.get("queue") or route.get("queue") or conf.task_default_queue),
        priority=int(priority or 0),
        delay_ms=envelope.delay_ms(options.get("countdown"), options.get("eta")),
        payload=f'{{{text},"options":{serialization.dumps(origins.marked(payload_options))}}}',
        options=payload_options,
    )


def enclose(options: Mapping[str, Any]) -> Envelope:
    """The envelope of a call: of its options those that are to travel."""
    hard, soft = options.get("time_limit"), options.get("soft_time_limit")
    enclosed: Envelope = {name: options[name] for name in AS_GIVEN if options.get(name)}
    if hard or soft:
        enclosed["timelimit"] = [hard, soft]
    if expires := envelope.iso(options.get("expires")):
        enclosed["expires"] = expires
    if eta := envelope.iso(options.get("countdown") or options.get("eta")):
        enclosed["eta"] = eta
    for name in ("link", "link_error"):
        if calls := signatures.as_data(options.get(name)):
            enclosed[name] = calls
    for name in ("ignore_result", "store_errors"):
        if options.get(name):
            enclosed[name] = True
    return enclosed


def route_of(name: str, routes: Any, call: tuple[Any, Any, Any] | None = None) -> dict[str, Any]:
    """What the setting task_routes says of a task: the first answer of its entries, a queue's name or a dict with
    `queue` and `priority`. In a dict, or a list of pairs, a full name comes before patterns. Functions (or their paths)
    are asked with the call's args, kwargs and options; where there is none yet they are passed over.

    Raises NotSupportedError for an answer that cannot be followed."""
    for entry in routes if isinstance(routes, list | tuple) else [routes]:
        router = import_string(entry) if isinstance(entry, str) else entry
        if callable(router):
            found = None if call is None else router(name, *call, task=registry.tasks.get(name))
        else:
            found = _best_fit(name, router or ())
        if found is not None:
            return _as_route(found)
    return {}


def _best_fit(name: str, routes: Any) -> Any:
    pairs = list(routes.items() if isinstance(routes, Mapping) else routes)
    exact = [route for key, route in pairs if key == name]
    fitting = [route for key, route in pairs if _fits(name, key)]
    return next(iter(exact[-1:] or fitting), None)


def _fits(name: str, pattern: Any) -> bool:
    if isinstance(pattern, re.Pattern):
        return pattern.match(name) is not None
    return "*" in pattern and fnmatchcase(name, pattern)


def _as_route(found: Any) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        return {"queue": found}
    if fault := settings.route_fault(found):
        raise NotSupportedError(fault)
    return dict(found)


def _arguments(args: Any, kwargs: Any) -> tuple[Sequence[Any], Mapping[str, Any]]:
    args, kwargs = args or (), kwargs or {}
    if not isinstance(args, list | tuple):
        raise TypeError("task args must be a list or tuple")
    if not isinstance(kwargs, Mapping):
        raise TypeError("task keyword arguments must be a mapping")
    return args, kwargs


def _inherit(options: dict[str, Any], task_id: str) -> None:
    """A call from within a task knows where it comes from."""
    innermost = request.top()
    if innermost is None or innermost[1].called_directly:
        return
    parent = innermost[1]
    options.setdefault("root_id", parent.root_id or parent.id or task_id)
    options.setdefault("parent_id", parent.id)
    if current.app().conf.task_inherit_parent_priority and parent.delivery_info:
        options.setdefault("priority", parent.delivery_info.get("priority"))


def _note_child(result: AsyncResult, options: Mapping[str, Any]) -> None:
    innermost = request.top()
    if innermost and innermost[0].trail and options.get("add_to_parent", True):
        innermost[1].children.append(result)


def _announce(name: str, task_id: str, args: Any, kwargs: Any, options: dict[str, Any]) -> None:
    """Tell who wants to know before a send. What a receiver adds to the headers goes along."""
    own = {
        "lang": "py",
        "task": name,
        "id": task_id,
        "shadow": options.get("shadow"),
        "eta": envelope.iso(options.get("eta")),
        "expires": envelope.iso(options.get("expires")),
        "retries": options.get("retries", 0),
        "timelimit": [options.get("time_limit"), options.get("soft_time_limit")],
        "root_id": options.get("root_id") or task_id,
        "parent_id": options.get("parent_id"),
        "ignore_result": bool(options.get("ignore_result")),
    }
    headers = {**own, **(options.get("headers") or {})}
    signals.before_task_publish.send(
        name,
        body=(args, kwargs, {}),
        exchange="",
        routing_key=options.get("queue"),
        headers=headers,
        properties={"correlation_id": task_id},
        declare=[],
        retry_policy=None,
    )
    added = {key: value for key, value in headers.items() if key not in own}
    if added:
        options["headers"] = added
