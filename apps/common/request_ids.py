"""Every request has an id: in its answer, in its log lines, in the tasks it causes."""

import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.common import log_context

HEADER = "X-Request-ID"
#: What is taken over from a client or a proxy; anything else could forge log lines.
ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def new_id() -> str:
    return uuid.uuid4().hex


def id_for(offered: str | None) -> str:
    """The one that came with the request, so that it can be followed through several services, or a new one."""
    return offered if offered and ACCEPTABLE.fullmatch(offered) else new_id()


def middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """First in the list, so that no answer of Django's is without it."""

    def with_request_id(request: HttpRequest) -> HttpResponse:
        request_id = id_for(request.headers.get(HEADER))
        log_context.begin(request_id=request_id)
        response = get_response(request)
        response[HEADER] = request_id
        return response

    return with_request_id
