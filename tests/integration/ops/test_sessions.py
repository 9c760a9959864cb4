"""What is tidied up for Django itself."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.ops import tasks
from apps.tasks import schedules

pytestmark = pytest.mark.django_db


def test_sessions_that_are_over_are_removed_once_a_day() -> None:
    over, current = SessionStore(), SessionStore()
    for session in (over, current):
        session.save()
    Session.objects.filter(pk=over.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))

    tasks.clear_sessions()

    assert [session.pk for session in Session.objects.all()] == [current.session_key]
    assert schedules.declared()["ops.clear_sessions"].timing.text == "17 3 * * *"
