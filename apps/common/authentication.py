"""A session of the admin as credentials of the API."""

from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request


class Session(SessionAuthentication):
    """REST framework's; a failed CSRF check has the code that it has everywhere."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as error:
            _, _, reason = str(error.detail).partition(": ")
            raise PermissionDenied(f"The CSRF check failed. {reason}", code="csrf_failed") from None
