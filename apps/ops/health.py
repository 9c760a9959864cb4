"""Whether this process lives, and whether it can serve, for platforms and load balancers.

Without PostgreSQL or with migrations missing nothing works: 503. Without Redis, or while tasks wait for long, uploads
and reads still do, so that is 200 and `degraded`: taking such a process out of service would make a small fault a large
one.
"""

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from apps.common import error_views
from apps.common.problems import Problem
from apps.tasks import overview
from apps.tasks.bell import redis_client

logger = logging.getLogger(__name__)

REDIS_TIMEOUT_SECONDS = 0.5
#: A task that has waited longer tells of workers that are gone, or too few. The alarm for it begins here, too.
LONGEST_WAIT_SECONDS = 300
OK, FAILED, UNKNOWN = "ok", "failed", "unknown"


@method_decorator(never_cache, name="dispatch")
class LiveView(error_views.ReadOnlyView):
    """200 as long as the process answers at all."""

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002 — Django's signature
        return JsonResponse({"status": OK})


@method_decorator(never_cache, name="dispatch")
class ReadyView(error_views.ReadOnlyView):
    """200 `ok`, 200 `degraded`, or 503; `parts` says how each part does."""

    def get(self, request: HttpRequest) -> HttpResponse:
        parts = {"database": _probe("database", check_database)}
        # Without a database the question would only wait for the same timeout once more.
        parts["migrations"] = _probe("migrations", check_migrations) if parts["database"] == OK else UNKNOWN
        parts["backlog"] = _probe("backlog", check_backlog) if parts["migrations"] == OK else UNKNOWN
        parts["redis"] = _probe("redis", check_redis)
        failed = [name for name, state in parts.items() if state == FAILED]
        if parts["database"] != OK or parts["migrations"] != OK:
            problem = Problem(503, "not_ready", f"Not ready: {', '.join(failed)}.", members={"parts": parts})
            return error_views.respond(request, problem)
        return JsonResponse({"status": "degraded" if failed else OK, "parts": parts})


class NotMigratedError(Exception):
    """The database lacks migrations that this version has."""


def check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotMigratedError


class LongWaitError(Exception):
    """Tasks of a queue have been due for too long."""


def check_backlog() -> None:
    late = [waiting.queue for waiting in overview.backlog() if waiting.oldest_seconds > LONGEST_WAIT_SECONDS]
    if late:
        raise LongWaitError(", ".join(late))


def check_redis() -> None:
    with redis_client(settings.REDIS_URL, timeout_seconds=REDIS_TIMEOUT_SECONDS) as client:
        client.ping()


def _probe(part: str, check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:  # noqa: BLE001 — whatever is wrong with the part is the answer
        logger.warning("health check failed", extra={"action": "health", "part": part, "error": repr(error)})
        return FAILED
    return OK
