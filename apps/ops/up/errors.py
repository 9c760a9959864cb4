"""Why `make up` could not start; every message says what to do about it."""

from pathlib import Path


class StartError(Exception):
    """The service cannot be started as things are."""


class PortTakenError(StartError):
    """Another program listens where the web server is to listen."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} of {host} is taken by another program. "
            f"End that program, or take another port: make up PORT={port + 1}"
        )


class FolderNotWritableError(StartError):
    """DATA_DIR cannot be made or written to."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"The folder {folder} cannot be used: {reason}. "
            f"Give yourself the right to write there, or take another one: make up DATA_DIR=/some/folder"
        )


class AlreadyRunningError(StartError):
    """Another `make up` uses this DATA_DIR."""

    def __init__(self, folder: Path, owner: str) -> None:
        super().__init__(
            f"{folder} is in use by another `make up` (process {owner}). End that one with Ctrl-C, "
            f"or run this one beside it: make up DATA_DIR=var2 PORT=8001"
        )


class PartFailedError(StartError):
    """A part ended before the service was ready."""

    def __init__(self, name: str, how: str) -> None:
        super().__init__(f"{name} {how} before the service was ready; what it wrote stands above.")


class NotReadyError(StartError):
    """Web and worker run, but are not ready."""

    def __init__(self, seconds: float, url: str, answer: str, *, has_worker: bool) -> None:
        worker = "runs" if has_worker else "has started no process yet"
        super().__init__(
            f"Not ready within {seconds:.0f} s. The last answer of {url}: {answer}. The worker {worker}. "
            f"If a database or Redis of your own is used, see that DATABASE_URL and REDIS_URL are right."
        )
