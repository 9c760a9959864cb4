import logging

import pytest
from django.test import Client

from apps.common import log_context
from apps.ops import front


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/", 200),
        ("head", "/health/live/", 200),
        ("get", "/api/v1/files/", 200),
        ("get", "/api/v1/files/0/", 404),
        ("get", "/nowhere/", 404),
        ("post", "/api/v1/upload/", 400),
        ("put", "/health/live/", 405),
        ("get", "/admin/", 302),
        ("get", "/api/v1/files", 308),
    ],
)
def test_every_answer_has_the_id_of_its_request(client: Client, method: str, path: str, status: int) -> None:
    answer = getattr(client, method)(path, headers={"X-Request-ID": "from-outside"})
    assert (answer.status_code, answer["X-Request-ID"]) == (status, "from-outside")


def test_an_unexpected_error_and_its_log_line_share_the_id(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(front.FrontView, "get", fail)
    client.raise_request_exception = False
    caplog.handler.addFilter(log_context.Facts())

    with caplog.at_level(logging.ERROR):
        answer = client.get("/", headers={"X-Request-ID": "seen"})

    assert (answer.status_code, answer["X-Request-ID"]) == (500, "seen")
    assert [vars(line)["request_id"] for line in caplog.records] == ["seen"]
