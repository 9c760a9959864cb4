"""Every option of a task and of a call in Celery 5.7: honoured, or refused with the reason and what to use instead.

An option that neither table knows is refused as well, with the name that was probably meant.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, cast

from apps.tasks.celery.exceptions import NotSupportedError

_LATE = "an invocation is always acknowledged after it has run, so that the death of a worker loses none"
_LOST = "an invocation whose worker died is always run again, three times at most"
_JSON = "arguments are JSON; give it an id, or a type that kombu writes as JSON"
_PLACE = "there are no exchanges and bindings; name a queue= instead"
_SENT = "a send is one INSERT in the caller's transaction, which succeeds or raises; there is no producer or connection"
_RATE = "there are no rate limits; limit where the work is done, or give the task a queue and a worker of its own"
_COMPRESSION = "arguments are in PostgreSQL, which compresses large values itself; leave it out"
_CANVAS = "chains, groups and chords are not supported; send the next task from within the first, or use link="
_STAMPS = "stamping is not supported; use headers="
_LOGGED = "arguments and results are not logged"
_WORKER = "the worker is Understudy's own, not Celery's"

#: What `@app.task(…)` takes, or a Task class has as an attribute.
TASK_OPTIONS = frozenset(
    {
        "abstract",
        "acks_late",
        "atomic",
        "autoretry_for",
        "base",
        "bind",
        "default_retry_delay",
        "dont_autoretry_for",
        "expires",
        "ignore_result",
        "lazy",
        "max_retries",
        "name",
        "on_end",
        "priority",
        "queue",
        "retry_backoff",
        "retry_backoff_max",
        "retry_jitter",
        "retry_kwargs",
        "serializer",
        "shared",
        "soft_time_limit",
        "store_errors_even_if_ignored",
        "throws",
        "time_limit",
        "track_started",
        "trail",
        "typing",
        # The hooks: a function given as an option becomes a method.
        "after_return",
        "before_start",
        "on_failure",
        "on_retry",
        "on_success",
        "shadow_name",
    }
)
#: How near to an option a class's attribute is taken for it: `max_retrys` is, `retries` and `retry_delay` are not …
MISSPELT = 0.85
#: … and a method or property: `on_sucess` is, `after_run` and `expired` are not.
MISSPELT_METHOD = 0.9
#: The short ones (`queue`, `name`, `trail`) are words that others are near to without being meant: `queues`, `names`.
MISSPELT_OPTIONS = sorted(option for option in TASK_OPTIONS if len(option) > 6)
#: What a task or a call may have; -1 is the task layer's own, for what cannot wait.
PRIORITIES = range(-1, 10)
#: Option → the only values it may have, and why.
TASK_VALUES: Mapping[str, tuple[tuple[Any, ...], str]] = {
    "acks_late": ((None, True), _LATE),
    "serializer": ((None, "json"), _JSON),
}
REFUSED_TASK_OPTIONS: Mapping[str, str] = {
    "Request": _WORKER,
    "Strategy": _WORKER,
    "acks_on_failure": _LATE,
    "acks_on_failure_or_timeout": _LATE,
    "acks_on_timeout": _LATE,
    "add_trail": "what a call has sent is noted by the shim; trail=False turns that off",
    "annotate": "give the options to the task, or to a base class of it",
    "backend": "results are in PostgreSQL, in the row of their invocation; use ignore_result= to keep none",
    "compression": _COMPRESSION,
    "delivery_mode": _SENT,
    "exchange": _PLACE,
    "exchange_type": _PLACE,
    "from_config": "what a task does not say is taken from the settings by their names",
    "filter": "decorate the function with what it is to be passed through",
    "immediate": _SENT,
    "mandatory": _SENT,
    "on_bound": "a task belongs to whichever app is the current one; do it where the task is declared",
    "pydantic": "pydantic models are not read from arguments; make the model in the task",
    "pydantic_context": "pydantic models are not read from arguments; make the model in the task",
    "pydantic_dump_kwargs": "pydantic models are not read from arguments; make the model in the task",
    "pydantic_strict": "pydantic models are not read from arguments; make the model in the task",
    "rate_limit": _RATE,
    "reject_on_worker_lost": _LOST,
    "resultrepr_maxsize": _LOGGED,
    "retry_on_worker_lost": _LOST,
    "request_stack": "the requests are in a stack of the thread; use push_request and pop_request",
    "routing_key": _PLACE,
    "send_events": "there are no events; the admin shows what has happened",
    "signature_from_request": "what follows a retry is written by the shim; override retry, and hand its arguments on",
    "start_strategy": _WORKER,
    "store_eager_result": "what runs in place has no row; its EagerResult has its result",
}

#: What `apply_async(…)` takes besides args and kwargs.
CALL_OPTIONS = frozenset(
    {
        "add_to_parent",
        "countdown",
        "eta",
        "expires",
        "headers",
        "ignore_result",
        "link",
        "link_error",
        "parent_id",
        "priority",
        "queue",
        "retries",
        "root_id",
        "serializer",
        "shadow",
        "soft_time_limit",
        "task_id",
        "time_limit",
    }
)
CALL_VALUES: Mapping[str, tuple[tuple[Any, ...], str]] = {"serializer": ((None, "json"), _JSON)}
REFUSED_CALL_OPTIONS: Mapping[str, str] = {
    "MessageGroupId": "it belongs to Amazon's SQS",
    "argsrepr": _LOGGED,
    "callbacks": "use link=",
    "chain": _CANVAS,
    "chord": _CANVAS,
    "compression": _COMPRESSION,
    "confirm_timeout": _SENT,
    "connection": _SENT,
    "content_encoding": _JSON,
    "content_type": _JSON,
    "correlation_id": "it is the id of the task; use task_id= or headers=",
    "create_sent_event": "there are no events; the admin shows what has happened",
    "declare": _PLACE,
    "delivery_mode": _SENT,
    "errbacks": "use link_error=",
    "exchange": _PLACE,
    "exchange_type": _PLACE,
    "expiration": "use expires=",
    "group_id": _CANVAS,
    "group_index": _CANVAS,
    "immediate": _SENT,
    "immutable": "it is the signature that is immutable; use .si(), or .signature(…, immutable=True)",
    "kwargsrepr": _LOGGED,
    "mandatory": _SENT,
    "now": "use eta= or countdown=",
    "origin": "it names the sender, which is this process",
    "producer": _SENT,
    "publisher": _SENT,
    "replaced_task_nesting": "Task.replace is not supported",
    "reply_to": "the result is in the row of the invocation; ask for it by its id",
    "result_cls": "a call answers an AsyncResult; make another object of its id",
    "retry": _SENT,
    "retry_policy": _SENT,
    "route_name": _PLACE,
    "router": "use the setting task_routes",
    "routing_key": _PLACE,
    "stamped_headers": _STAMPS,
    "stamps": _STAMPS,
    "task_type": "it names the task, which is this one",
    "timeout": _SENT,
    "timezone": "use an eta= with a time zone, or the setting timezone",
}


def check_task(name: str, given: Mapping[str, Any], *, declared: Iterable[str] = ()) -> None:
    """Refuse what `@task` does not take. `declared`: attributes of the base class, which may be given as well."""
    for option, value in given.items():
        if reason := REFUSED_TASK_OPTIONS.get(option):
            raise NotSupportedError(f"Task {name}: the option {option!r} is not supported: {reason}.")
        if option == "priority":
            _check_priority(f"Task {name}", value)
        _check_value(f"Task {name}", option, value, TASK_VALUES)
        if option not in TASK_OPTIONS and option not in declared:
            hint = _hint(option, TASK_OPTIONS, meant={*TASK_OPTIONS, *declared})
            raise NotSupportedError(f"Task {name} has no option {option!r}.{hint}")


def check_attributes(name: str, new: Mapping[str, Any]) -> None:
    """Refuse attributes of a class that were meant to be options. People's own are not: they are further away."""
    for attribute, value in new.items():
        if attribute in TASK_OPTIONS or attribute.startswith("_"):
            continue
        cutoff = MISSPELT_METHOD if hasattr(value, "__get__") else MISSPELT
        if near := difflib.get_close_matches(attribute, MISSPELT_OPTIONS, n=1, cutoff=cutoff):
            raise NotSupportedError(
                f"Task {name} has the attribute {attribute!r}, which is no option. Did you mean {near[0]!r}?"
                " An attribute of your own needs a name that is further away."
            )


def check_call(name: str, given: Mapping[str, Any]) -> None:
    """Refuse what `apply_async` does not take. Raises ValueError or TypeError for headers that are none, as Celery."""
    for option, value in given.items():
        if option == "headers":
            _check_headers(name, value)
        elif option == "priority":
            _check_priority(f"A call of {name}", value)
        if option in CALL_OPTIONS and option not in CALL_VALUES:
            continue
        if reason := REFUSED_CALL_OPTIONS.get(option):
            raise NotSupportedError(f"A call of {name}: the option {option!r} is not supported: {reason}.")
        _check_value(f"A call of {name}", option, value, CALL_VALUES)
        if option not in CALL_OPTIONS:
            raise NotSupportedError(f"A call of {name} has no option {option!r}.{_hint(option, CALL_OPTIONS)}")


def _check_priority(subject: str, value: Any) -> None:
    """A property is a base class's own way to say it."""
    if isinstance(value, int) and value not in PRIORITIES:
        raise NotSupportedError(f"{subject}: priority={value!r} is none: it is from 0, which runs first, to 9.")


def _check_headers(name: str, value: Any) -> None:
    if not value or isinstance(value, Mapping):
        return
    refusal = f"A call of {name}: headers= is a dict of names and values, which {value!r} is not."
    if not isinstance(value, str | list | tuple):
        raise TypeError(refusal)
    try:
        dict(cast("Iterable[Any]", value))
    except (ValueError, TypeError):
        raise ValueError(refusal) from None


def _check_value(subject: str, option: str, value: Any, table: Mapping[str, tuple[tuple[Any, ...], str]]) -> None:
    if option in table and value not in table[option][0]:
        raise NotSupportedError(f"{subject}: {option}={value!r} is not supported: {table[option][1]}.")


def _hint(option: str, known: Iterable[str], *, meant: Iterable[str] | None = None) -> str:
    """`meant`: what a misspelling may stand for, if that is more than what is told to be known."""
    near = difflib.get_close_matches(option, sorted(known if meant is None else meant), n=1)
    return f" Did you mean {near[0]!r}?" if near else f" Known are: {', '.join(sorted(known))}."
