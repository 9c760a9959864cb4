"""What the parts are told through their environment. What the user set is never replaced."""

import json
import os
from dataclasses import fields
from pathlib import Path

from apps.ops.embedded import passwords
from project.config import Config, load_config

#: A service for the people on this machine: reached over plain HTTP, without credentials, and by this machine's own
#: names alone, so that no page from elsewhere can have its name point here and read along (DNS rebinding).
DEVELOPMENT = {
    "HTTPS": "0",
    "API_ACCESS": "public",
    "DEMO_DATA": "1",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
    "HOST": "127.0.0.1",
    "LOG_FORMAT": "text",
    "SHUTDOWN_GRACE_SECONDS": "10",
    "PYTHONUNBUFFERED": "1",
}
#: Tells the processes of one DATA_DIR from all others, also after the supervisor was killed.
MARK = "UNDERSTUDY_UP"
#: Stand for what is found out later, so that everything else can be judged before anything is started.
PLACEHOLDERS = {"SECRET_KEY": "later", "DATABASE_URL": "postgresql://later", "REDIS_URL": "redis://later"}


class Environment:
    """The user's environment, completed step by step."""

    def __init__(self) -> None:
        self.variables = {**os.environ, **_missing(DEVELOPMENT)}
        self.config: Config = load_config({**self.variables, **_missing(PLACEHOLDERS)})
        self.has_own_database = self.has("DATABASE_URL")
        self.variables[MARK] = str(self.config.data_dir)
        self.complete("STATIC_DIR", str(self.config.data_dir / "static"))

    def has(self, name: str) -> bool:
        return bool(self.variables.get(name, "").strip())

    def complete(self, name: str, value: str) -> None:
        if not self.has(name):
            self.variables[name] = value

    def complete_secret_key(self) -> None:
        if not self.has("SECRET_KEY"):
            self.complete("SECRET_KEY", passwords.read_or_create(self.config.data_dir / "secret-key"))

    def login_path(self, role: str) -> Path:
        """Where the generated login of `admin` or `editor` stands; a database of the user's own has its own."""
        kind = "given" if self.has_own_database else "embedded"
        return self.config.data_dir / f"{role}-login-{kind}.json"

    @property
    def kept_path(self) -> Path:
        """Where what the parts are told stands while they run, for commands beside them. It has passwords in it."""
        return self.config.data_dir / "environment.json"

    def keep(self) -> None:
        names = {variable.name.upper() for variable in fields(Config)} & self.variables.keys()
        passwords.write_private(self.kept_path, json.dumps({name: self.variables[name] for name in sorted(names)}))

    @property
    def base_url(self) -> str:
        """How a browser on this machine reaches the web server."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.config.host, self.config.host)  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.config.port}/"


def _missing(defaults: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in defaults.items() if not os.environ.get(name, "").strip()}
