"""Answers are compressed for who accepts gzip (RFC 9110, 12.5.3), if they are texts made here.

Not what was uploaded: such bytes are sent in parts too, under an ETag of their own, and most of them are compressed
already. An ETag that an answer has becomes a weak one, as the bytes behind it differ.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

TEXTS = ("application/json", "application/problem+json", "application/yaml", "text/")
#: Named and refused, which Django's middleware takes for asked for.
NO_GZIP = re.compile(r"(?<![\w-])gzip\s*;\s*q=0(\.0{0,3})?\s*(,|$)", re.IGNORECASE)
GZIP = GZipMiddleware(lambda _request: HttpResponse())
Handler = Callable[[HttpRequest], HttpResponseBase]


def compress(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """In place, if it is worth it and the client accepts it."""
    if NO_GZIP.search(request.headers.get("Accept-Encoding", "")):
        patch_vary_headers(response, ["Accept-Encoding"])
        return response
    return GZIP.process_response(request, response)


def middleware(get_response: Handler) -> Handler:
    def compressed(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.streaming or not response.headers.get("Content-Type", "").startswith(TEXTS):
            return response
        return compress(request, response)

    return compressed
