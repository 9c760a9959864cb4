"""Which request caused a task: it travels with the call, however it is sent, and with what that sends in its turn."""

import json
import re
from typing import Any

import dramatiq
import pytest
from django.test import Client

from apps.common import log_context
from apps.files.tasks import process_file
from apps.tasks import broker, origins
from apps.tasks.models import Invocation

pytestmark = pytest.mark.django_db


def options_of(task_id: str) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(Invocation.objects.get(pk=task_id).payload)
    return dict(payload["options"])


def test_a_task_sent_in_a_request_knows_it() -> None:
    log_context.begin(request_id="from-outside")

    sent = process_file.delay(1)

    assert options_of(sent.id)["request_id"] == "from-outside"


def test_a_message_of_dramatiq_does_so_too() -> None:
    message: dramatiq.Message[Any] = dramatiq.Message(
        queue_name="default", actor_name="probe", args=(), kwargs={}, options={"max_retries": 2}
    )
    log_context.begin(request_id="from-outside")

    payload = broker.encode_payload(message)

    assert origins.of_payload(payload) == "from-outside"
    assert json.loads(payload)["options"]["max_retries"] == 2
    assert message.options == {"max_retries": 2}


def test_what_no_request_has_caused_names_none() -> None:
    assert "request_id" not in options_of(process_file.delay(1).id)


def test_what_a_task_sends_belongs_to_the_same_request() -> None:
    origins.take_up("first", {"request_id": "from-outside"})

    sent = process_file.delay(1)

    assert log_context.current() == {"invocation": "first", "request_id": "from-outside"}
    assert options_of(sent.id)["request_id"] == "from-outside"


def test_a_run_without_a_request_does_not_keep_the_one_before() -> None:
    origins.take_up("first", {"request_id": "from-outside"})

    origins.take_up("second", {})

    assert log_context.current() == {"invocation": "second"}


def test_the_admin_shows_it(admin_client: Client) -> None:
    log_context.begin(request_id="from-outside")
    sent = process_file.delay(1)

    page = admin_client.get(f"/admin/tasks/invocation/{sent.id}/change/").content.decode()

    assert re.search(r"Request ID:</label>\s*<div class=\"readonly\">from-outside<", page)
