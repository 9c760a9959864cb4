"""Answers are compressed for who accepts gzip, if they are texts made here.

Not what was uploaded: such bytes are sent in parts too, under an ETag of their own, and most of them are compressed
already. An ETag that an answer has becomes a weak one, as the bytes behind it differ.
"""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

TEXTS = ("application/json", "application/problem+json", "application/yaml", "text/")
Handler = Callable[[HttpRequest], HttpResponseBase]


def middleware(get_response: Handler) -> Handler:
    gzip = GZipMiddleware(get_response)

    def compressed(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if response.streaming or not response.headers.get("Content-Type", "").startswith(TEXTS):
            return response
        return gzip.process_response(request, response)

    return compressed
