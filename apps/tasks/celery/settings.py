"""Every setting of Celery 5.7: honoured, allowed with one value only, without effect here, or refused.

The names are Celery's own, in lower case (`CELERY_TASK_ALWAYS_EAGER` is `task_always_eager`). Nothing is accepted and
silently ignored: what has no effect is warned of, what would change how tasks run is refused, each with its reason.
"""

import difflib
from collections.abc import Callable, Mapping
from datetime import timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

#: Setting → Celery's default.
HONOURED: dict[str, Any] = {
    "accept_content": ["json"],
    "beat_schedule": {},
    "broker_url": None,
    "enable_utc": True,
    "imports": (),
    "include": (),
    "result_accept_content": None,
    "result_backend": None,
    "result_expires": timedelta(days=1),
    "result_extended": False,
    "result_serializer": "json",
    "task_acks_late": True,
    "task_always_eager": False,
    "task_create_missing_queues": True,
    "task_default_priority": None,
    "task_default_queue": "celery",
    "task_eager_propagates": False,
    "task_ignore_result": False,
    "task_inherit_parent_priority": False,
    "task_queues": None,
    "task_routes": None,
    "task_serializer": "json",
    "task_soft_time_limit": None,
    "task_store_errors_even_if_ignored": False,
    "task_time_limit": None,
    "task_track_started": False,
    "timezone": None,
    "worker_concurrency": None,
}

#: Setting → the name that it had up to Celery 3 and that Celery 5 still reads, whatever the namespace.
OLD_NAMES: dict[str, str] = {
    "accept_content": "CELERY_ACCEPT_CONTENT",
    "beat_schedule": "CELERYBEAT_SCHEDULE",
    "broker_url": "BROKER_URL",
    "imports": "CELERY_IMPORTS",
    "include": "CELERY_INCLUDE",
    "result_backend": "CELERY_RESULT_BACKEND",
    "result_expires": "CELERY_TASK_RESULT_EXPIRES",
    "result_serializer": "CELERY_RESULT_SERIALIZER",
    "task_acks_late": "CELERY_ACKS_LATE",
    "task_always_eager": "CELERY_ALWAYS_EAGER",
    "task_create_missing_queues": "CELERY_CREATE_MISSING_QUEUES",
    "task_default_priority": "CELERY_DEFAULT_PRIORITY",
    "task_default_queue": "CELERY_DEFAULT_QUEUE",
    "task_eager_propagates": "CELERY_EAGER_PROPAGATES_EXCEPTIONS",
    "task_ignore_result": "CELERY_IGNORE_RESULT",
    "task_inherit_parent_priority": "CELERY_INHERIT_PARENT_PRIORITY",
    "task_queues": "CELERY_QUEUES",
    "task_routes": "CELERY_ROUTES",
    "task_serializer": "CELERY_TASK_SERIALIZER",
    "task_soft_time_limit": "CELERYD_TASK_SOFT_TIME_LIMIT",
    "task_store_errors_even_if_ignored": "CELERY_STORE_ERRORS_EVEN_IF_IGNORED",
    "task_time_limit": "CELERYD_TASK_TIME_LIMIT",
    "task_track_started": "CELERY_TRACK_STARTED",
    "timezone": "CELERY_TIMEZONE",
    "worker_concurrency": "CELERYD_CONCURRENCY",
}
_NEW_NAMES = {old: new for new, old in OLD_NAMES.items()}
#: Beginnings that only settings of Celery's had, and have now.
_BEGINNINGS = {"CELERYD_": "worker_", "CELERYBEAT_": "beat_"}

_LATE = "an invocation is always acknowledged after it has run: the death of a worker loses none"
_JSON = "arguments and results are JSON, and nothing else is ever unpickled"
#: Setting → the values it may have, and why no other.
ONLY: dict[str, tuple[tuple[Any, ...], str]] = {
    "accept_content": ((["json"], ("json",), {"json"}, ["application/json"]), _JSON),
    "enable_utc": ((True,), "times are stored with their time zone; set `timezone` for naive ones"),
    "result_accept_content": ((None, ["json"], ("json",), ["application/json"]), _JSON),
    "result_serializer": (("json",), _JSON),
    "task_acks_late": ((True,), _LATE),
    "task_create_missing_queues": ((True,), "a queue is there as soon as something is sent to it"),
    "task_serializer": (("json",), _JSON),
}

#: What a route may say of a call.
ROUTE_KEYS = frozenset({"queue", "priority"})

_RESULTS = (
    "results are in PostgreSQL, in the row of their invocation; remove it, or leave `result_backend` a redis:// address"
)
_BROKER = "the broker is Understudy's own; set REDIS_URL"
_LOGGING = "logging is Django's LOGGING setting"
_POOL = "a worker runs threads in forked processes: see WORKER_PROCESSES and WORKER_THREADS"
_CONTROL = "there is no remote control; the admin shows what runs"
_BEAT = "schedules are rows of the database, ticked by the workers"
_EVENTS = "there are no events; the ledger has what happened, and the admin shows it"
_CANVAS = "chords are not supported"
_SENDING = "a send is one INSERT in the caller's transaction: it succeeds or raises"
_EXCHANGE = "there are no exchanges: a task goes to a queue by its name"
_LEASES = "the death of a worker is noticed by its parent and by its lease"
_CLAIMS = "how far a worker claims ahead follows the length of its tasks"

#: Setting, or the beginning of several with `*`, → why it has no effect; a system check warns where one is set.
WITHOUT_EFFECT: dict[str, str] = {
    "beat_max_loop_interval": _BEAT,
    "beat_schedule_filename": _BEAT,
    "beat_scheduler": _BEAT,
    "beat_sync_every": _BEAT,
    "beat_enable_remote_control": _BEAT,
    "beat_remote_control_max_tick_age": _BEAT,
    "broker_*": _BROKER,
    "control_*": _CONTROL,
    "event_*": _EVENTS,
    "redis_*": _RESULTS,
    "result_backend_*": _RESULTS,
    "result_cache_max": _RESULTS,
    "result_chord_*": _CANVAS,
    "result_exchange": _RESULTS,
    "result_exchange_type": _RESULTS,
    "result_persistent": _RESULTS,
    "result_compression": _RESULTS,
    "task_allow_error_cb_on_chord_header": _CANVAS,
    "task_default_delivery_mode": _SENDING,
    "task_default_exchange": _EXCHANGE,
    "task_default_exchange_type": _EXCHANGE,
    "task_default_queue_type": _EXCHANGE,
    "task_default_routing_key": _EXCHANGE,
    "task_create_missing_queue_type": _EXCHANGE,
    "task_create_missing_queue_exchange_type": _EXCHANGE,
    "task_protocol": "messages are rows",
    "task_publish_retry": _SENDING,
    "task_publish_retry_policy": _SENDING,
    "task_queue_max_priority": "any priority from 0 to 9 may be given; 0 runs first",
    "task_remote_tracebacks": "the traceback is text, in the result and in the admin",
    "task_repr_maxlevels": "arguments are not logged",
    "task_send_sent_event": _EVENTS,
    "task_compression": "arguments are kept in PostgreSQL, which compresses large values itself",
    "worker_cancel_long_running_tasks_on_connection_loss": _LEASES,
    "worker_deduplicate_successful_tasks": "an invocation that has succeeded is never run again",
    "worker_detect_quorum_queues": _BROKER,
    "worker_disable_prefetch": _CLAIMS,
    "worker_disable_rate_limits": "there are no rate limits",
    "worker_enable_prefetch_count_reduction": _CLAIMS,
    "worker_enable_remote_control": _CONTROL,
    "worker_enable_soft_shutdown_on_idle": "SHUTDOWN_GRACE_SECONDS says how long running tasks get",
    "worker_soft_shutdown_timeout": "SHUTDOWN_GRACE_SECONDS says how long running tasks get",
    "worker_eta_task_limit": "delayed tasks wait in the ledger, not in a worker's memory",
    "worker_hijack_root_logger": _LOGGING,
    "worker_log_*": _LOGGING,
    "worker_task_log_*": _LOGGING,
    "worker_redirect_stdouts": _LOGGING,
    "worker_redirect_stdouts_level": _LOGGING,
    "worker_lost_wait": _LEASES,
    "worker_pool_*": _POOL,
    "worker_prefetch_multiplier": _CLAIMS,
    "worker_proc_alive_timeout": _LEASES,
    "worker_send_task_events": _EVENTS,
    "worker_state_db": "what was revoked stands in the ledger",
    "worker_timer": _POOL,
    "worker_timer_precision": _POOL,
}

#: Setting, or the beginning of several with `*`, → why it is refused; a system check fails where one is set.
REFUSED: dict[str, str] = {
    "arangodb_*": _RESULTS,
    "azureblockblob_*": _RESULTS,
    "beat_cron_starting_deadline": "a tick that was missed while nothing ran is made up for once, however late",
    "cache_*": _RESULTS,
    "cassandra_*": _RESULTS,
    "cosmosdbsql_*": _RESULTS,
    "couchbase_*": _RESULTS,
    "database_*": _RESULTS,
    "elasticsearch_*": _RESULTS,
    "gcs_*": _RESULTS,
    "mongodb_*": _RESULTS,
    "s3_*": _RESULTS,
    "security_*": "messages are rows of the database and are not signed; its access rights protect them",
    "result_failure_expires": "all results are kept for `result_expires`",
    "task_acks_on_failure": _LATE,
    "task_acks_on_failure_or_timeout": _LATE,
    "task_acks_on_timeout": _LATE,
    "task_annotations": "give the options to the task, or to a base class of it",
    "task_default_rate_limit": "there are no rate limits; limit where the work is done",
    "task_reject_on_worker_lost": "an invocation whose worker died is always run again, at most three times",
    "task_retry_on_worker_lost": "an invocation whose worker died is always run again, at most three times",
    "task_store_eager_result": "what runs in place has no row; its EagerResult has its result",
    "worker_agent": _POOL,
    "worker_autoscaler": _POOL,
    "worker_consumer": _POOL,
    "worker_direct": "a task is for any worker; give it a queue",
    "worker_max_memory_per_child": "a worker process is not replaced while it works; give the container a memory limit",
    "worker_max_tasks_per_child": "a worker process is not replaced while it works; give the container a memory limit",
    "worker_pool": _POOL,
}


def find(table: dict[str, str], name: str) -> str | None:
    """The reason in a table for a setting: under its own name, or under the longest beginning of it."""
    if name in table:
        return table[name]
    beginnings = [key for key in table if key.endswith("*") and name.startswith(key[:-1])]
    return table[max(beginnings, key=len)] if beginnings else None


def fault(name: str, value: Any) -> str | None:
    """Why a setting cannot have this value; None: it can."""
    if name in ONLY and value not in ONLY[name][0]:
        values, why = ONLY[name]
        return f"{name} can only be {values[0]!r}: {why}."
    if name == "result_backend" and value and not str(value).startswith(("redis://", "rediss://", "redis+")):
        return f"{name} can only be a redis:// address: {_RESULTS}."
    if name in FAULT_OF:
        return FAULT_OF[name](value)
    if name not in HONOURED and (reason := find(REFUSED, name)):
        return f"{name} is not supported: {reason}."
    return None


def route_fault(route: Any) -> str | None:
    """Why a route of task_routes cannot be followed; None: it can."""
    others = sorted({str(key) for key in route} - ROUTE_KEYS) if isinstance(route, Mapping) else []
    if not others:
        return None
    return f"task_routes has a route with {', '.join(others)}, which is not supported: {_EXCHANGE}. Name a queue alone."


def _routes_fault(routes: Any) -> str | None:
    """The same of all of them; what a function answers is seen when it is asked."""
    for entry in routes if isinstance(routes, list | tuple) else [routes]:
        pairs = entry.items() if isinstance(entry, Mapping) else entry if isinstance(entry, list | tuple) else ()
        for pair in pairs:
            if isinstance(pair, list | tuple) and (fault := route_fault(pair[-1])):
                return fault
    return None


def zone_fault(zone: Any) -> str | None:
    """Why this is no time zone; None: it is one, or none is given."""
    if not zone or isinstance(zone, tzinfo):
        return None
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        near = difflib.get_close_matches(str(zone), available_timezones(), n=1)
        return f"there is no time zone {zone!r}.{f' Did you mean {near[0]!r}?' if near else ''}"
    return None


def _beat_fault(entries: Any) -> str | None:
    if entries is None or isinstance(entries, Mapping):
        return None
    return f"beat_schedule is a dict of entries by their names, and not {type(entries).__name__}."


#: Setting → why it cannot have a value, where that takes more than a comparison.
FAULT_OF: dict[str, Callable[[Any], str | None]] = {
    "beat_schedule": _beat_fault,
    "task_routes": _routes_fault,
    "timezone": zone_fault,
}


def is_known(name: str) -> bool:
    return name in HONOURED or find(WITHOUT_EFFECT, name) is not None or find(REFUSED, name) is not None


def new_name(name: str) -> str | None:
    """What an old name is called today; None: it is none."""
    for beginning, new in _BEGINNINGS.items():
        if name.startswith(beginning) and name not in _NEW_NAMES:
            return new + name.removeprefix(beginning).lower()
    return _NEW_NAMES.get(name)
