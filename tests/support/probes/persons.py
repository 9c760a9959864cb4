"""Makes those who use the service, and prints how each shows who they are, as JSON: headers of a request.

`python -m tests.support.probes.persons`, in the environment of a service.
"""

import json

import django

django.setup()

from django.conf import settings  # noqa: E402 — Django first
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

CSRF = "a" * 32


def session_of(user: User) -> dict[str, str]:
    """The cookies of somebody who has logged in and has seen a form."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    cookies = f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={CSRF}"
    return {"Cookie": cookies, "X-CSRFToken": CSRF}


def persons() -> dict[str, dict[str, str]]:
    """Nobody has a permission; what they may do is for the way in which they come."""
    token = Token.objects.create(user=User.objects.create_user("program"))
    return {
        "anonymous": {},
        "token": {"Authorization": f"Token {token.key}"},
        "session": session_of(User.objects.create_user("reader")),
        "staff": session_of(User.objects.create_user("editor", is_staff=True)),
    }


if __name__ == "__main__":
    print(json.dumps(persons()))  # noqa: T201 — the answer
