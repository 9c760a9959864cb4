"""What a page of another origin gets to see of the API: nothing, unless CORS_ORIGINS names its origin."""

from collections.abc import Callable

import pytest
import requests

from tests.acceptance.test_access import is_answering
from tests.support.processes import MANAGE, ChildProcess, wait_until

pytestmark = pytest.mark.slow

APP, STRANGER = "https://app.example.org", "https://elsewhere.example.org"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,prefer,x-request-id",
}


@pytest.fixture
def start_web(service_environment: dict[str, str], start_process: Callable[..., ChildProcess]) -> Callable[[str], str]:
    def start(origins: str) -> str:
        start_process([*MANAGE, "serve"], env={**service_environment, "CORS_ORIGINS": origins, "API_ACCESS": "token"})
        url = f"http://127.0.0.1:{service_environment['PORT']}"
        wait_until(lambda: is_answering(url), 60, "an answer")
        return url

    return start


def test_a_named_origin_may_ask_with_a_token_and_read_our_headers(start_web: Callable[[str], str]) -> None:
    url = start_web(APP)

    asked = requests.options(f"{url}/api/v1/upload/", headers={"Origin": APP, **PREFLIGHT}, timeout=60)
    answer = requests.get(f"{url}/api/v1/files/", headers={"Origin": APP}, timeout=60)
    stranger = requests.get(f"{url}/api/v1/files/", headers={"Origin": STRANGER}, timeout=60)
    elsewhere = requests.get(f"{url}/admin/login/", headers={"Origin": APP}, timeout=60)

    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (200, APP)
    assert "X-Request-ID" in asked.headers
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    allowed = {name.strip() for name in asked.headers["Access-Control-Allow-Headers"].split(",")}
    assert {"authorization", "prefer", "x-request-id"} <= allowed
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, APP)
    assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]
    assert "Origin" in answer.headers["Vary"].title()
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert all("Access-Control-Allow-Origin" not in other.headers for other in (stranger, elsewhere))


def test_without_the_setting_no_origin_may(start_web: Callable[[str], str]) -> None:
    answer = requests.get(f"{start_web('')}/api/v1/files/", headers={"Origin": APP}, timeout=60)

    assert not [name for name in answer.headers if name.startswith("Access-Control")]
