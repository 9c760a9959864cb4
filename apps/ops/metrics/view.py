"""`GET /metrics`: Prometheus' text format, for who has the token."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from apps.common import error_views
from apps.common.problems import Problem
from apps.ops.metrics import requests
from apps.ops.metrics.collectors import DatabaseCollector, RedisCollector

UNAUTHORIZED = Problem(
    401,
    "not_authenticated",
    "The metrics need the header `Authorization: Bearer` with METRICS_TOKEN.",
    headers={"WWW-Authenticate": 'Bearer realm="metrics"'},
)

#: What is asked when somebody looks, the same in every web process.
asked_registry = CollectorRegistry()
asked_registry.register(DatabaseCollector())
asked_registry.register(RedisCollector())


@method_decorator(never_cache, name="dispatch")
class MetricsView(error_views.ReadOnlyView):
    def get(self, request: HttpRequest) -> HttpResponse:
        if not _is_allowed(request):
            return error_views.respond(request, UNAUTHORIZED)
        text = generate_latest(requests.registry()) + generate_latest(asked_registry)
        return HttpResponse(text, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _is_allowed(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected = settings.METRICS_TOKEN
    return not expected or (scheme.lower() == "bearer" and constant_time_compare(token.strip(), expected))
