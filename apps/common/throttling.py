"""How many requests a client may make: so many in each minute (or second, hour, day), reads, writes and logins counted
apart.

The counts are in the cache, so they hold for all web processes together; without the cache nobody is held up.
"""

import ipaddress
import time
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView

#: Who has one IPv6 address has its whole network.
IPV6_CLIENT_BITS = 64


def wait_after(scope: str, request: Request | HttpRequest) -> float | None:
    """Count this request; the seconds until the next one may come if it is one too many, else None.

    Counts in fixed windows: two or three commands to the cache a request, none where there is no limit. (REST
    framework's own keeps a list of times, which two requests at once overwrite for each other.) Around the border
    of two windows up to twice as many requests can pass.
    """
    rate: tuple[int, int] | None = settings.THROTTLES[scope]
    if rate is None:
        return None
    limit, seconds = rate
    now = time.time()
    window = int(now // seconds)
    number = _count(f"throttle:{scope}:{client_of(request)}:{window}", seconds)
    return seconds - now % seconds if number > limit else None


class Throttle(BaseThrottle):
    """One of these scopes, for REST framework."""

    scope: ClassVar[str]

    def allow_request(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002
        self._wait_seconds = wait_after(self.scope, request) if self.applies_to(str(request.method)) else None
        return self._wait_seconds is None

    def wait(self) -> float | None:
        return self._wait_seconds

    def applies_to(self, method: str) -> bool:
        raise NotImplementedError


class Reads(Throttle):
    scope = "read"

    def applies_to(self, method: str) -> bool:
        return method in SAFE_METHODS


class Writes(Throttle):
    scope = "write"

    def applies_to(self, method: str) -> bool:
        return method not in SAFE_METHODS


def client_of(request: Request | HttpRequest) -> str:
    """The user, or else the address. Whose word about addresses is believed is decided before: see TRUSTED_PROXY."""
    if request.user and request.user.is_authenticated:
        return f"user:{request.user.pk}"
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)  # as a proxy that listens for both writes it: no network of its own
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, IPV6_CLIENT_BITS), strict=False))
    return str(address)


def _count(key: str, seconds: int) -> int:
    """This request's number in its window; 0 when the cache is away. The key outlives its window, so that it cannot
    vanish between the cache's look whether it is there and its count."""
    try:
        return cache.incr(key)
    except ValueError:
        if cache.add(key, 1, timeout=2 * seconds):
            return 1
    try:
        return cache.incr(key)  # somebody else was the first
    except ValueError:
        return 0
