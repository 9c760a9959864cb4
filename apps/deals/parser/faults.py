"""What is wrong with a file of deals, and where."""

from dataclasses import dataclass

#: More of a value or of a record is not shown.
MOST_VALUE_CHARACTERS = 100
MOST_RECORD_CHARACTERS = 1_000
REPLACEMENT = "\ufffd"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault. `detail` is a sentence without its end that goes on from "line 17, column total: ".

    Attributes:
      line: where the record starts, as a text editor counts lines.
      column: the header's name for it; None where no single column is at fault.
      value: what stands there; None where it is no single value's fault.
      record: the record as it stands in the file, for people.
    """

    line: int
    code: str
    detail: str
    column: str | None = None
    value: str | None = None
    record: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}" if self.column is None else f"line {self.line}, column {self.column}"
        return f"{where}: {self.detail}"


class BadValueError(ValueError):
    """A value that cannot be stored; says what is wrong with it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class BadTextError(Exception):
    """The file cannot be read on from here."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def shown(value: str, most_characters: int = MOST_VALUE_CHARACTERS) -> str:
    """The beginning of a value, without what JSON in PostgreSQL cannot hold."""
    text = value[:most_characters].replace("\0", REPLACEMENT)
    return text if len(value) <= most_characters else text + "…"
