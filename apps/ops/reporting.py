"""Errors to Sentry, where SENTRY_DSN says so: whatever is logged as one, with the ids of its request and invocation.

Neither contents nor secrets leave: no bodies, no headers with credentials, no values of variables.
"""

from typing import Any

from django.conf import settings
from dramatiq import Broker, Middleware, Worker

from apps.common import log_context

#: How long a process that ends waits until its last errors are sent.
LAST_SECONDS = 0.3


def start() -> None:
    """Report from here on, in this process and those that it forks. sentry-sdk is not even imported without a DSN."""
    if not settings.SENTRY_DSN:
        return
    import sentry_sdk  # noqa: PLC0415 — it costs memory and, by its hooks, time

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        before_send=_with_facts,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        auto_session_tracking=False,
        shutdown_timeout=LAST_SECONDS,
    )


def flush() -> None:
    """Send what is waiting to be sent: forked processes end without the steps that an interpreter's end has."""
    if not settings.SENTRY_DSN:
        return
    import sentry_sdk  # noqa: PLC0415 — as above

    sentry_sdk.flush(timeout=LAST_SECONDS)


class LastReports(Middleware):
    """Before a worker process ends."""

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002
        flush()


def _with_facts(event: Any, _hint: dict[str, Any]) -> Any:
    """The ids that the log line has, to search by."""
    event["tags"] = {**dict(event.get("tags") or {}), **log_context.current()}
    return event
