"""What the embedded servers have in common: start, wait for an answer, stop, end a killed run's leftover."""

import importlib.util
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import psutil

from apps.ops.embedded import ports
from apps.ops.embedded.endings import POLL_SECONDS, end_all, is_gone, wake
from apps.ops.embedded.errors import ServerDiedError

LOG_LIMIT_BYTES = 5_000_000
START_ATTEMPTS = 5


class EmbeddedServer(ABC):
    """One server process with its data in one folder, on a port of 127.0.0.1 and behind a generated password.

    It runs in a session of its own: a Ctrl-C in the terminal is not for it. The port is chosen at the first
    start and kept for the life of this object, because clients have been told it.
    """

    name: ClassVar[str]
    process_name: ClassVar[str]
    #: Signals that end it, the gentle one first.
    endings: ClassVar[tuple[signal.Signals, ...]]

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
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

    def start(self, *, deadline_seconds: float = 60, check: Callable[[], None] = lambda: None) -> None:
        """Prepare, spawn, and return once it answers. `check` is called while waiting, and may raise."""
        self.prepare()
        self.end_leftover()
        told_to_clients = self.port != 0
        for attempt in range(START_ATTEMPTS):
            self.port = self.port if told_to_clients else ports.find_free_port()
            self.spawn()
            try:
                self._wait_until_ready(deadline_seconds, check)
            except ServerDiedError:
                if attempt == START_ATTEMPTS - 1 or self.is_running():
                    self.stop()
                    raise
                # Somebody took the port between our look and the server's, or children of a server that was
                # killed still hold its shared memory.
                time.sleep(0.5)
            else:
                return

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

    def _wait_until_ready(self, deadline_seconds: float, check: Callable[[], None]) -> None:
        deadline = time.monotonic() + deadline_seconds
        while not self.answers():
            check()
            if not self.is_running():
                raise self._died("ended while it was starting")
            if time.monotonic() > deadline:
                raise self._died(f"did not answer within {deadline_seconds:.0f} s")
            time.sleep(POLL_SECONDS)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, patience_seconds: float = 10) -> None:
        """End it gently, after `patience_seconds` less so. Ending one that does not run is no error."""
        if self.process is not None and self.is_running():
            leader = psutil.Process(self.process.pid)
            wake([leader, *leader.children(recursive=True)])
            end_all([leader], self.endings, patience_seconds)
            self.process.wait()

    def end_leftover(self) -> None:
        """End a server that a killed run of ours left behind on the same data.

        The file with its number is removed only if that number belongs to a stranger by now, who would keep
        the server from starting. A dead server's file stays: PostgreSQL itself reads it, to make sure that no
        child of the dead one still works on the data.
        """
        process = self._process_of_pid_file()
        ours = [one for one in psutil.process_iter() if self._is_ours(one)]
        wake(ours)
        if process in ours:
            end_all([process], self.endings, patience_seconds=10)
        elif process is not None:
            self.pid_path.unlink(missing_ok=True)
        end_all([one for one in ours if not is_gone(one)], [], patience_seconds=0)  # whose leader was killed

    def _process_of_pid_file(self) -> psutil.Process | None:
        try:
            return psutil.Process(int(self.pid_path.read_text().split()[0]))
        except (OSError, IndexError, ValueError, psutil.NoSuchProcess):
            return None

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            at_home = Path(process.cwd()) == self.work_folder.resolve()
            return at_home and process.name().startswith(self.process_name)
        except psutil.Error:
            return False

    def _died(self, reason: str) -> ServerDiedError:
        lines = self.log_path.read_text(errors="replace").splitlines()[-10:]
        return ServerDiedError(self.name, reason, str(self.log_path), "\n".join(lines))


def package_folder(package: str) -> Path | None:
    """Where an installed package lies, found without importing it."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin else None
