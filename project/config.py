"""The only reader of the environment.

Every setting an operator can turn is one field of `Config`: its name in the environment, its type, its
default and a sentence. A bad value stops the process at once and names the variable and the value. Defaults
are the safe side: no debug, no built-in secret, no open access.
"""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

REQUIRED = object()
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
BASE_DIR = Path(__file__).resolve().parent.parent


class ConfigError(Exception):
    """A variable of the environment is missing or has a value that cannot be used."""


def text(raw: str) -> str:
    return raw


def flag(raw: str) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if raw.lower() not in words:
        raise ValueError("expected 1 or 0")
    return words[raw.lower()]


def count(raw: str) -> int:
    if not raw.isascii() or not raw.isdigit():
        raise ValueError("expected a whole number")
    return int(raw)


def positive(raw: str) -> int:
    value = count(raw)
    if value == 0:
        raise ValueError("expected a whole number from 1")
    return value


def port_number(raw: str) -> int:
    value = positive(raw)
    if value > 65_535:
        raise ValueError("expected a port from 1 to 65535")
    return value


#: Names of a window of time, and its length in seconds.
WINDOWS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


def rate(raw: str) -> tuple[int, int] | None:
    """`100/minute` as (100, 60); None where nothing is set."""
    if not raw:
        return None
    number, _, window = raw.partition("/")
    if window not in WINDOWS:
        raise ValueError("expected a number and a time, such as 100/minute (second, minute, hour, day)")
    return positive(number), WINDOWS[window]


def names(raw: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in raw.split(",") if name.strip())


def address(*schemes: str) -> Callable[[str], str]:
    """An address with one of these schemes, or nothing where nothing is allowed."""

    def parse(raw: str) -> str:
        try:
            scheme = urlsplit(raw).scheme
            _ = urlsplit(raw).port
        except ValueError:  # whose text has parts of the address: of the password, where that has a / in it
            raise ValueError(
                "expected an address with no port above 65535, and with special characters percent-encoded"
            ) from None
        if raw and scheme not in schemes:
            raise ValueError(f"expected an address that begins with {' or '.join(f'{one}://' for one in schemes)}")
        return raw

    return parse


def dsn(raw: str) -> str:
    """What Sentry calls an address: with a key before the host, and the project's number behind it."""
    parts = urlsplit(address("http", "https")(raw))
    if raw and not (parts.username and parts.hostname and parts.path.rpartition("/")[2].isdigit()):
        raise ValueError("expected an address such as https://key@host/1")
    return raw


def origins(raw: str) -> tuple[str, ...]:
    """Origins as browsers name them: scheme, host and port, nothing behind."""
    found = names(raw)
    if not all(origin == "*" or ORIGIN.fullmatch(origin) for origin in found):
        raise ValueError("expected origins such as https://app.example.org, separated by commas, or *")
    return found


def peer(raw: str) -> str:
    """The address of a machine as a connection from there shows it; `*` for any, or nothing."""
    if raw in {"", "*"}:
        return raw
    try:
        return str(ipaddress.ip_address(raw))
    except ValueError:
        raise ValueError("expected one IP address, such as 10.0.0.7, or *") from None


def folder(raw: str) -> Path:
    return (BASE_DIR / raw).resolve()


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in choices:
            raise ValueError(f"expected one of: {', '.join(choices)}")
        return raw

    return parse


def env(parse: Callable[[str], Any], default: object, help_text: str) -> Any:
    """Declare one variable: how it is read, its default as it would stand in the environment, a sentence."""
    return field(metadata={"parse": parse, "default": default, "help": help_text})


@dataclass(frozen=True, kw_only=True)
class Config:
    """Field names are the names of the variables in lower case."""

    secret_key: str = env(text, REQUIRED, "Signs sessions and tokens. Any long random text; keep it secret.")
    debug: bool = env(flag, "0", "Django's debug mode. Only for development.")
    allowed_hosts: tuple[str, ...] = env(
        names, REQUIRED, "Host names this service answers to, separated by commas; `*` for any."
    )
    database_url: str = env(
        address("postgresql", "postgres"), REQUIRED, "PostgreSQL, as `postgresql://user:password@host:5432/name`."
    )
    redis_url: str = env(
        address("redis", "rediss"), REQUIRED, "Redis or Valkey, as `redis://host:6379/0` or `rediss://…`."
    )
    api_access: str = env(
        one_of("public", "token"),
        REQUIRED,
        "`public`: the API needs no credentials. `token`: a token or a session.",
    )
    cors_origins: tuple[str, ...] = env(
        origins,
        "",
        "Origins whose pages may use the API, such as `https://app.example.org`, separated by commas; `*` for any.",
    )
    throttle_read: tuple[int, int] | None = env(
        rate, "", "Reads that a client may make, such as `600/minute`. Empty: no limit."
    )
    throttle_write: tuple[int, int] | None = env(
        rate, "", "Uploads, imports and other writes that a client may make, such as `60/minute`. Empty: no limit."
    )
    throttle_login: tuple[int, int] | None = env(rate, "10/minute", "Attempts to log in that a client may make.")
    https: bool = env(flag, "1", "Redirect to HTTPS, send HSTS, mark cookies secure. `/health/` is exempt.")
    trusted_proxy: str = env(
        peer, "", "Address of the proxy whose forwarded headers are believed; `*` for any. Empty: none."
    )
    host: str = env(text, "0.0.0.0", "Address the web server listens on.")  # noqa: S104 — a container's web server
    port: int = env(port_number, "8000", "Port the web server listens on.")
    data_dir: Path = env(folder, "var", "Folder for uploaded media and, with `make up`, the embedded servers' data.")
    demo_data: bool = env(flag, "0", "Fill a new database with pages to look at. Read by `migrate`.")
    static_dir: Path = env(folder, "staticfiles", "Folder that `collectstatic` fills and the web server serves.")
    max_upload_bytes: int = env(positive, "2147483648", "Largest file that is accepted, in bytes.")
    max_deals_bytes: int = env(positive, "2147483648", "Largest file of deals that is accepted, in bytes.")
    max_deals_field_bytes: int = env(
        positive, "131072", "Longest name of a customer or an item in a file of deals, in bytes of UTF-8."
    )
    max_deals_line_bytes: int = env(positive, "1048576", "Longest row of a file of deals, in bytes of UTF-8.")
    request_timeout: int = env(
        positive,
        "60",
        "Seconds after which a connection that sends nothing is closed; who reads has five times as long.",
    )
    web_processes: int = env(positive, "1", "Web processes of one `serve` command, all on the same port.")
    web_threads: int = env(
        positive,
        "8",
        "Requests a web process answers at the same time; imports of deals have a quarter as many beside.",
    )
    worker_processes: int = env(positive, "1", "Worker processes of one `worker` command.")
    worker_threads: int = env(positive, "8", "Tasks a worker process runs at the same time.")
    shutdown_grace_seconds: int = env(
        positive,
        "25",
        "Seconds a running task or request gets to finish after SIGTERM. Keep below the platform's kill.",
    )
    task_log_days: int = env(positive, "7", "Days that ended task invocations are kept, with their results.")
    media_s3_bucket: str = env(
        text, "", "Bucket for uploaded media. Empty: media lies in `DATA_DIR`, which web and worker then have to share."
    )
    media_s3_endpoint_url: str = env(
        address("http", "https"), "", "Address of an S3-compatible service. Empty: Amazon's own."
    )
    media_s3_region: str = env(text, "", "Region of the bucket.")
    media_s3_access_key: str = env(text, "", "Who reads and writes the bucket. Empty: as boto3 finds it.")
    media_s3_secret_key: str = env(text, "", "What goes with `MEDIA_S3_ACCESS_KEY`.")
    dyno: str = env(
        text, "", "Set by platforms on which each process has a disk of its own. Read by `manage.py check --deploy`."
    )
    metrics_token: str = env(
        text, "", "What `/metrics` wants to see, as `Authorization: Bearer …`. Empty: anybody may read it."
    )
    sentry_dsn: str = env(dsn, "", "Where errors are reported: the address that Sentry gives. Empty: nowhere.")
    log_format: str = env(one_of("json", "text"), "json", "`json`: one object a line. `text`: for people.")


def load_config(environ: Mapping[str, str] | None = None) -> Config:
    """Read every variable, or raise ConfigError that lists all that is wrong with them."""
    source = os.environ if environ is None else environ
    values, problems = {}, []
    for variable in fields(Config):
        try:
            values[variable.name] = _read(variable.name, variable.metadata, source)
        except ConfigError as problem:
            problems.append(str(problem))
    if problems:
        raise ConfigError("\n".join(problems))
    return Config(**values)


def _read(name: str, metadata: Mapping[str, Any], source: Mapping[str, str]) -> Any:
    variable = name.upper()
    raw = source.get(variable, "").strip() or metadata["default"]
    if raw is REQUIRED:
        raise ConfigError(f"{variable} is not set. {metadata['help']}")
    try:
        return metadata["parse"](raw)
    except ValueError as error:
        shown = "; its value is not shown" if name.endswith(("key", "url", "token", "dsn")) else f", not {raw!r}"
        raise ConfigError(f"{variable}: {error}{shown}. {metadata['help']}") from None


def settings_table() -> str:
    """The table of variables that stands in the README, in Markdown."""
    rows = ["| variable | default | what it does |", "| --- | --- | --- |"]
    for variable in fields(Config):
        default = variable.metadata["default"]
        shown = "*required*" if default is REQUIRED else f"`{default}`" if default else "*empty*"
        rows.append(f"| `{variable.name.upper()}` | {shown} | {variable.metadata['help']} |")
    return "\n".join(rows)


if __name__ == "__main__":
    print(settings_table())  # noqa: T201 — for the README
