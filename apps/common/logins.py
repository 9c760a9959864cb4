"""The admin's login: passwords may be tried only so often."""

import logging
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError

from apps.common import throttling

logger = logging.getLogger(__name__)

TOO_MANY = "Too many attempts. Try again in %(seconds)s seconds."


class LimitedLogin(AdminAuthenticationForm):
    """Each client has THROTTLE_LOGIN attempts; after those no password is looked at, not even the right one."""

    def clean(self) -> dict[str, Any]:
        try:
            self._check_limit()
            return super().clean()
        except ValidationError as error:
            assert self.request is not None  # noqa: S101 — as below
            # Not the name: people type their password there.
            facts = {"action": "login_refused", "client": throttling.client_of(self.request), "code": error.code}
            logger.warning("login refused", extra=facts)
            raise

    def _check_limit(self) -> None:
        assert self.request is not None  # noqa: S101 — LoginView hands it over
        wait_seconds = throttling.wait_after("login", self.request)
        if wait_seconds:
            raise ValidationError(TOO_MANY, code="throttled", params={"seconds": round(wait_seconds) or 1})
