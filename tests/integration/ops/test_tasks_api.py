"""Tasks by their id: what is told of one, who is told it, and calling it off."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.authtoken.models import Token

from apps.tasks import ledger
from apps.tasks.ledger import NewInvocation
from apps.tasks.models import Invocation

pytestmark = pytest.mark.django_db


def send(**columns: Any) -> str:
    values = {"id": str(uuid4()), "queue": "default", "actor": "probe", "priority": 0}
    values["payload"] = '{"args":[],"kwargs":{},"options":{}}'
    ledger.insert(NewInvocation(**{**values, **columns}))
    return str(columns.get("id", values["id"]))


def path(task_id: str) -> str:
    return f"/api/v1/tasks/{task_id}/"


@pytest.fixture
def by_token() -> dict[str, str]:
    """Of a user without any permission."""
    return {"authorization": f"Token {Token.objects.create(user=User.objects.create_user('marlow')).key}"}


def test_a_task_is_told_without_its_arguments(client: Client, by_token: dict[str, str]) -> None:
    task_id = send(payload='{"args":["secret"],"kwargs":{},"options":{"request_id":"from-outside"}}')
    Invocation.objects.filter(pk=task_id).update(state="PROGRESS", meta='{"done": 3}', attempt=2, error="ValueError: x")

    answer = client.get(path(task_id), headers=by_token)

    assert answer.status_code == 200
    told = answer.json()
    assert (told["id"], told["actor"], told["status"], told["attempts"]) == (task_id, "probe", "queued", 2)
    assert told["progress"] == {"state": "PROGRESS", "meta": {"done": 3}}
    assert (told["error"], told["request_id"], told["finished_at"]) == ("ValueError: x", "from-outside", None)
    assert "secret" not in answer.content.decode()


def test_of_a_task_that_has_said_nothing_nothing_is_told(client: Client, by_token: dict[str, str]) -> None:
    told = client.get(path(send()), headers=by_token).json()

    assert (told["progress"], told["error"], told["request_id"]) == (None, None, None)


@pytest.mark.parametrize("payload", ["", "[]", "{}", '{"options":null}', "\\u"])
def test_a_payload_that_cannot_be_read_hides_nothing_else(
    client: Client, by_token: dict[str, str], payload: str
) -> None:
    answer = client.get(path(send(payload=payload)), headers=by_token)

    assert (answer.status_code, answer.json()["request_id"]) == (200, None)


@pytest.mark.parametrize("delay_ms", [0, 60_000])
def test_what_has_not_started_is_called_off(client: Client, by_token: dict[str, str], delay_ms: int) -> None:
    task_id = send(delay_ms=delay_ms)

    assert client.delete(path(task_id), headers=by_token).status_code == 204

    row = Invocation.objects.get(pk=task_id)
    assert (row.status, row.ends_as) == ("ending", "cancelled")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("running", "task_running"),
        ("ending", "task_ended"),
        ("succeeded", "task_ended"),
        ("failed", "task_ended"),
        ("dead", "task_ended"),
        ("cancelled", "task_ended"),
    ],
)
def test_what_has_started_is_not(client: Client, by_token: dict[str, str], status: str, code: str) -> None:
    task_id = send()
    Invocation.objects.filter(pk=task_id).update(status=status)

    answer = client.delete(path(task_id), headers=by_token)

    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert Invocation.objects.get(pk=task_id).status == status


@pytest.mark.parametrize("method", ["get", "delete"])
@pytest.mark.parametrize("task_id", ["unknown", "%00", "a" * 2000, "%ff"])
def test_a_task_that_there_is_not_is_404(client: Client, by_token: dict[str, str], method: str, task_id: str) -> None:
    answer = getattr(client, method)(path(task_id), headers=by_token)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_id_of_the_senders_own_may_hold_anything_but_a_slash(client: Client, by_token: dict[str, str]) -> None:
    send(id="nightly report, 2026-11-20")

    answer = client.get(path("nightly%20report%2C%202026-11-20"), headers=by_token)

    assert answer.json()["id"] == "nightly report, 2026-11-20"


@pytest.mark.parametrize("method", ["get", "delete"])
def test_nobody_else_is_told_anything(client: Client, method: str) -> None:
    task_id = send()

    nobody = getattr(client, method)(path(task_id))
    client.force_login(User.objects.create_user("reader"))
    somebody = getattr(client, method)(path(task_id))

    assert (nobody.status_code, nobody["WWW-Authenticate"], somebody.status_code) == (401, "Token", 403)
    assert Invocation.objects.get(pk=task_id).status == "queued"


def test_staff_needs_a_csrf_token_to_call_off(admin_user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    task_id = send()

    assert client.get(path(task_id)).status_code == 200
    assert client.delete(path(task_id)).status_code == 403
    client.get("/admin/password_change/")  # a form, and with it the cookie
    token = client.cookies["csrftoken"].value
    assert client.delete(path(task_id), headers={"x-csrftoken": token}).status_code == 204
