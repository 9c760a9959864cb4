"""What `make up` tells its parts: development values, but never in place of the user's own."""

import os
from pathlib import Path

import pytest

from apps.ops.up.environment import DEVELOPMENT, MARK, Environment
from project.config import ConfigError


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment in which the user has set DATA_DIR and nothing else."""
    names = (*DEVELOPMENT, "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "STATIC_DIR", "PORT")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return monkeypatch


def test_without_settings_the_service_is_for_this_machine(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment = Environment()

    assert environment.variables.items() >= DEVELOPMENT.items()
    assert environment.variables[MARK] == str(tmp_path)
    assert environment.variables["STATIC_DIR"] == str(tmp_path / "static")
    assert environment.base_url == "http://127.0.0.1:8000/"


@pytest.mark.parametrize("name", sorted(DEVELOPMENT.keys() - {"PYTHONUNBUFFERED"}))
def test_what_the_user_set_stays(name: str, bare: pytest.MonkeyPatch) -> None:
    chosen = {
        "HTTPS": "1",
        "API_ACCESS": "token",
        "DEMO_DATA": "0",
        "ALLOWED_HOSTS": "understudy.example",
        "HOST": "0.0.0.0",  # noqa: S104
        "LOG_FORMAT": "json",
        "SHUTDOWN_GRACE_SECONDS": "3",
    }[name]
    bare.setenv(name, chosen)

    assert Environment().variables[name] == chosen


def test_an_empty_variable_counts_as_not_set(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("HTTPS", " ")

    assert Environment().variables["HTTPS"] == "0"


def test_our_own_environment_is_left_as_it_is(bare: pytest.MonkeyPatch) -> None:
    before = dict(os.environ)

    Environment()

    assert dict(os.environ) == before


def test_the_secret_key_is_made_once(bare: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = Environment(), Environment()
    first.complete_secret_key()
    second.complete_secret_key()

    assert len(first.variables["SECRET_KEY"]) > 40
    assert second.variables["SECRET_KEY"] == first.variables["SECRET_KEY"]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        pytest.param("127.0.0.1", "http://127.0.0.1:8000/", id="loopback"),
        pytest.param("0.0.0.0", "http://127.0.0.1:8000/", id="every address"),  # noqa: S104
        pytest.param("::", "http://[::1]:8000/", id="every IPv6 address"),
        pytest.param("understudy.local", "http://understudy.local:8000/", id="a name"),
    ],
)
def test_the_address_is_one_a_browser_here_can_open(host: str, url: str, bare: pytest.MonkeyPatch) -> None:
    bare.setenv("HOST", host)

    assert Environment().base_url == url


@pytest.mark.parametrize(
    ("given", "name"),
    [
        pytest.param("", "admin-login-embedded.json", id="embedded"),
        pytest.param("postgresql://own/database", "admin-login-given.json", id="the user's own"),
    ],
)
def test_each_kind_of_database_has_a_login_of_its_own(given: str, name: str, bare: pytest.MonkeyPatch) -> None:
    bare.setenv("DATABASE_URL", given)

    assert Environment().login_path("admin").name == name


def test_a_bad_value_is_refused_with_its_name(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("WEB_THREADS", "many")

    with pytest.raises(ConfigError, match="WEB_THREADS"):
        Environment()
