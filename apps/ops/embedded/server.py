"""What the embedded servers have in common: start, wait for an answer, stop, end a killed run's leftover."""

import importlib.util
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import psutil

from apps.ops.embedded import ports
from apps.ops.embedded.errors import ServerDiedError

POLL_SECONDS = 0.02
LOG_LIMIT_BYTES = 5_000_000


class EmbeddedServer(ABC):
    """One server process with its data in one folder, on a port of 127.0.0.1 and behind a generated password.

    It runs in a session of its own: a Ctrl-C in the terminal is not for it. The port is chosen at the first
    start and kept for the life of this object, because clients have been told it.
    """

    name: ClassVar[str]
    process_name: ClassVar[str]
    #: Signals that end it, the gentle one first, each with the seconds it is given.
    endings: ClassVar[tuple[tuple[signal.Signals, float], ...]]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Make folder, password and data where they do not exist yet."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command line that runs the server in the foreground."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether a client with the password is served now."""

    @property
    @abstractmethod
    def work_folder(self) -> Path:
        """The running server's working directory, which tells a leftover of ours from a stranger."""

    @property
    @abstractmethod
    def pid_path(self) -> Path: ...

    @property
    def log_path(self) -> Path:
        return self.folder / "server.log"

    def popen_arguments(self) -> dict[str, Any]:
        return {}

    def start(self, deadline_seconds: float = 60) -> None:
        """Prepare, spawn, and return once it answers."""
        self.prepare()
        self.end_leftover()
        attempts_left = 3
        while True:
            self.port = self.port or ports.find_free_port()
            self.spawn()
            try:
                return self.wait_until_ready(deadline_seconds)
            except ServerDiedError:
                attempts_left -= 1
                if attempts_left == 0 or self.is_running():
                    self.stop()
                    raise
            self.port = 0  # somebody may have taken the port between our look and the server's

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the prepared server and return at once."""
        if self.log_path.exists() and self.log_path.stat().st_size > LOG_LIMIT_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.old"))
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 — our own command line
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
                umask=0o077,
                start_new_session=True,
                **self.popen_arguments(),
            )
        return self.process

    def wait_until_ready(self, deadline_seconds: float) -> None:
        deadline = time.monotonic() + deadline_seconds
        while not self.answers():
            if not self.is_running():
                raise self._died("ended while it was starting")
            if time.monotonic() > deadline:
                raise self._died(f"did not answer within {deadline_seconds:.0f} s")
            time.sleep(POLL_SECONDS)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """End it gently, then less so. Ending one that does not run is no error."""
        if self.process is not None and self.is_running():
            _end(psutil.Process(self.process.pid), self.endings)
            self.process.wait()

    def end_leftover(self) -> None:
        """End a server that a killed run of ours left behind on the same data."""
        leftover = self.find_leftover()
        if leftover is not None:
            _end(leftover, self.endings)
        self.pid_path.unlink(missing_ok=True)

    def find_leftover(self) -> psutil.Process | None:
        try:
            process = psutil.Process(int(self.pid_path.read_text().split()[0]))
            ours = (
                process.name().startswith(self.process_name)
                and Path(process.cwd()) == self.work_folder.resolve()
            )
        except (OSError, IndexError, ValueError, psutil.Error):
            return None  # no file, or its number belongs to nobody or to somebody else by now
        return process if ours else None

    def _died(self, reason: str) -> ServerDiedError:
        lines = self.log_path.read_text(errors="replace").splitlines()[-10:]
        return ServerDiedError(self.name, reason, str(self.log_path), "\n".join(lines))


def _end(process: psutil.Process, endings: tuple[tuple[signal.Signals, float], ...]) -> None:
    for number, patience_seconds in (*endings, (signal.SIGKILL, 10)):
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            return
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            if _is_gone(process):
                return
            time.sleep(POLL_SECONDS)


def _is_gone(process: psutil.Process) -> bool:
    """Whether it has ended; in a container without an init an ended orphan stays a zombie for good."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def package_folder(package: str) -> Path | None:
    """Where an installed package lies, found without importing it."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin else None
