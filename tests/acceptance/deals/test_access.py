"""With API_ACCESS=token nobody reads or writes deals without a token; with one everything goes on as in public."""

import pytest
import requests

from tests.acceptance.deals.conftest import RAW, Deals, Web, dataset
from tests.support.processes import MANAGE, run

pytestmark = pytest.mark.slow


@pytest.fixture
def web(deals: Deals) -> Web:
    return deals.start_web(API_ACCESS="token")


@pytest.fixture
def token(deals: Deals) -> str:
    """Of a user without any permission."""
    person = {"DJANGO_SUPERUSER_USERNAME": "marlow", "DJANGO_SUPERUSER_PASSWORD": "x"}
    run([*MANAGE, "createsuperuser", "--noinput", "--email", "m@example.org"], env={**deals.environment, **person})
    deals.query("UPDATE auth_user SET is_superuser = false, is_staff = false RETURNING id")
    run([*MANAGE, "drf_create_token", "marlow"], env=deals.environment)
    ((key,),) = deals.query("SELECT key FROM authtoken_token")
    return str(key)


def test_without_a_token_nothing_is_told_and_nothing_is_taken(deals: Deals, web: Web) -> None:
    first_version = web.url.replace("v1/deals", "process_deals")
    answers = [
        requests.get(web.url, timeout=20),
        requests.get(web.url.replace("v1/deals", "customer"), timeout=20),
        requests.get(f"{web.url}imports/1/", timeout=20),
        requests.get(f"{web.url}imports/1/errors/", timeout=20),
        requests.get(web.url, headers={"Authorization": "Token wrong"}, timeout=20),
        *(requests.post(url, data=dataset(1), headers=RAW, timeout=20) for url in (web.url, first_version)),
    ]

    assert [(answer.status_code, answer.headers["WWW-Authenticate"]) for answer in answers] == [(401, "Token")] * 7
    assert [answer.json()["Status"] for answer in answers[-2:]] == ["Error"] * 2
    assert deals.statuses() == []


def test_with_a_token_deals_are_imported_and_answered(deals: Deals, web: Web, token: str) -> None:
    headers = {"Authorization": f"Token {token}"}

    assert web.post(dataset(1), **headers).json()["Status"] == "OK"

    answer = requests.get(web.url, headers=headers, timeout=20)
    assert answer.json()["response"][0]["username"] == "0-1"
    assert deals.query("SELECT who FROM deals_import") == [("marlow",)]
