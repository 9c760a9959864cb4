"""An address without its last slash."""

from django.http import HttpResponsePermanentRedirect
from django.middleware.common import CommonMiddleware


class MovedRequest(HttpResponsePermanentRedirect):
    """308: the client sends the same request again. After a 301 it asks with GET, and an upload is lost."""

    status_code = 308


class Slashes(CommonMiddleware):
    """Django's, which also says how long an answer is."""

    response_redirect_class = MovedRequest
