"""The ledger's SQL, one statement a file. Each says what it does, what it expects and who loses a race."""

from functools import cache
from pathlib import Path


@cache
def statement(name: str) -> str:
    """The text of `name`.sql in this folder."""
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8")
