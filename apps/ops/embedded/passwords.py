"""Generated passwords, kept in files that only their owner can read."""

import os
import secrets
from pathlib import Path


def read_or_create(path: Path) -> str:
    """The text of the file, or a new password written to it with mode 0600."""
    try:
        return path.read_text()
    except FileNotFoundError:
        password = secrets.token_urlsafe(32)
        write_private(path, password)
        return password


def write_private(path: Path, text: str) -> None:
    """Replace the file at once or not at all; nobody else can read it at any moment."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)
