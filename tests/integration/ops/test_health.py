"""What the health checks say about each part, and to whom they talk."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries

NOBODY = "redis://127.0.0.1:1/0"


def test_a_process_lives_without_asking_anyone(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    response = client.get("/health/live/")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_a_process_with_all_its_parts_is_ready(client: Client) -> None:
    response = client.get("/health/ready/")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "parts": {"database": "ok", "migrations": "ok", "backlog": "ok", "redis": "ok"},
    }


@pytest.mark.django_db
def test_without_redis_it_is_ready_but_degraded(client: Client) -> None:
    with override_settings(REDIS_URL=NOBODY):
        response = client.get("/health/ready/")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["parts"] == {"database": "ok", "migrations": "ok", "backlog": "ok", "redis": "failed"}


@pytest.mark.django_db
def test_with_tasks_that_wait_for_long_it_is_ready_but_degraded(client: Client, insert: Callable[..., str]) -> None:
    insert()
    assert client.get("/health/ready/").json()["status"] == "ok"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tasks_invocation SET due_at = now() - interval '301 seconds'")
    response = client.get("/health/ready/")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["parts"] == {"database": "ok", "migrations": "ok", "backlog": "failed", "redis": "ok"}


@pytest.mark.django_db(transaction=True)
def test_without_a_database_it_is_not_ready(client: Client, absent_database: None) -> None:
    response = client.get("/health/ready/")
    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"] == "Not ready: database."
    assert response.json()["parts"] == {
        "database": "failed",
        "migrations": "unknown",
        "backlog": "unknown",
        "redis": "ok",
    }


@pytest.mark.django_db
def test_with_a_migration_missing_it_is_not_ready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    response = client.get("/health/ready/")
    assert response.status_code == 503
    assert response.json()["detail"] == "Not ready: migrations."


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/health/live/", "/health/ready/"])
def test_the_answer_is_never_kept(client: Client, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/health/live/", "/health/ready/"])
def test_the_answer_is_never_a_redirect(client: Client, path: str) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        assert client.get(path).status_code == 200
        assert client.get("/elsewhere/").status_code == 301


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/health/live/", "/health/ready/"])
def test_head_works_and_other_methods_do_not(client: Client, path: str) -> None:
    assert client.head(path).status_code == 200
    response = client.post(path)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_no_reason_of_a_failure_is_shown(client: Client) -> None:
    with override_settings(REDIS_URL="redis://:secret@127.0.0.1:1/0"):
        body = client.get("/health/ready/").content
    assert b"secret" not in body
    assert b"127.0.0.1" not in body
