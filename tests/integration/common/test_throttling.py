"""How many requests a client may make, on the real cache."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import IsAuthenticated

from apps.common import throttling
from apps.files.views import FileListView
from tests.support.processes import wait_until

pytestmark = pytest.mark.django_db

READ = "/api/v1/files/"
WRITE = "/api/v1/upload/"
FEW = 2
#: Long, so that no window ends within a test; one that is about to is waited out.
WINDOW_SECONDS = 60


@pytest.fixture(autouse=True)
def few_requests(settings: Settings) -> Iterator[None]:
    cache.clear()
    wait_until(lambda: WINDOW_SECONDS - time.time() % WINDOW_SECONDS > 5, 10, "a window with time left")
    settings.THROTTLES = dict.fromkeys(["read", "write", "login"], (FEW, WINDOW_SECONDS))
    yield
    cache.clear()


def statuses(client: Client, path: str = READ, method: str = "get", *, address: str = "192.0.2.1") -> list[int]:
    return [getattr(client, method)(path, REMOTE_ADDR=address).status_code for _ in range(FEW + 1)]


def test_one_request_too_many_is_told_when_to_come_back(client: Client) -> None:
    assert statuses(client) == [200, 200, 429]
    refused = client.get(READ, REMOTE_ADDR="192.0.2.1")
    assert (refused["Content-Type"], refused.json()["code"]) == ("application/problem+json", "throttled")
    assert 0 < int(refused["Retry-After"]) <= WINDOW_SECONDS


def test_reads_and_writes_are_counted_apart(client: Client) -> None:
    statuses(client)
    assert statuses(client, WRITE, "post") == [400, 400, 429]


def test_each_client_has_its_own_count(client: Client, admin_user: User) -> None:
    statuses(client, address="192.0.2.1")
    assert statuses(client, address="192.0.2.2")[0] == 200
    assert statuses(client, address="2001:db8::1") == [200, 200, 429]
    assert statuses(client, address="2001:db8::2") == [429, 429, 429]  # the same network
    assert statuses(client, address="2001:db8:0:1::1")[0] == 200
    assert statuses(client, address="::ffff:192.0.2.3") == [200, 200, 429]
    assert statuses(client, address="::ffff:192.0.2.4")[0] == 200
    assert statuses(client, address="192.0.2.3") == [429, 429, 429]  # the same client


@pytest.mark.parametrize("path", ["/health/live/", "/admin/login/"])
def test_what_is_not_the_api_is_not_held_up(client: Client, path: str) -> None:
    assert set(statuses(client, path)) == {200}


def test_passwords_may_be_tried_only_so_often(
    client: Client, admin_user: User, caplog: pytest.LogCaptureFixture
) -> None:
    right = {"username": admin_user.username, "password": "password"}
    for _ in range(FEW):
        client.post("/admin/login/", {**right, "password": "guessed"}, REMOTE_ADDR="192.0.2.1")

    refused = client.post("/admin/login/", right, REMOTE_ADDR="192.0.2.1")
    elsewhere = client.post("/admin/login/", right, REMOTE_ADDR="192.0.2.2")

    assert (refused.status_code, elsewhere.status_code) == (200, 302)
    assert "Too many attempts. Try again in" in refused.text
    told = [vars(record) for record in caplog.records if record.name == "apps.common.logins"]
    assert [(one["client"], one["code"]) for one in told] == [
        ("192.0.2.1", code) for code in ("invalid_login", "invalid_login", "throttled")
    ]


def test_what_is_refused_for_its_credentials_counts_as_well(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("authentication_classes", [TokenAuthentication]), ("permission_classes", [IsAuthenticated])):
        monkeypatch.setattr(FileListView, name, value)

    assert statuses(client) == [401, 401, 429]
    guessing = client.get(READ, REMOTE_ADDR="192.0.2.1", headers={"authorization": "Token guessed"})
    assert (guessing.status_code, guessing.json()["code"]) == (429, "throttled")
    assert client.get(READ, REMOTE_ADDR="192.0.2.2", headers={"authorization": "Token guessed"}).status_code == 401


def test_without_a_limit_nothing_is_counted(client: Client, settings: Settings) -> None:
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES)
    assert set(statuses(client)) == {200}


def test_without_the_cache_nobody_is_held_up(client: Client, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]  # nobody listens there once it is closed
    away = {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{port}/0"}
    settings.CACHES = {"default": away}
    assert set(statuses(client)) == {200}


def test_of_requests_at_once_each_has_a_number_of_its_own() -> None:
    with ThreadPoolExecutor(8) as threads:
        for attempt in range(50):
            key = f"throttle:test:{attempt}"
            assert sorted(threads.map(lambda _, key=key: throttling._count(key, 60), range(8))) == list(range(1, 9))
