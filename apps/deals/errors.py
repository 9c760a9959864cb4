"""What can be wrong with a file of deals, or with asking for an import, as errors of the domain."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.common.errors import DomainError

#: So many faults stand in an answer; `errors.csv` has more.
MOST_SHOWN = 20
#: Of a declared media type no more is shown.
MOST_TYPE_CHARACTERS = 100


class FaultyDealsError(DomainError):
    """The file has faults; nothing of it was stored.

    Each fault has `line`, `column`, `value`, `code` and `detail`.
    """

    code = "faulty_deals"

    def __init__(self, faults: Sequence[Mapping[str, Any]], *, import_id: int) -> None:
        super().__init__(sentence(faults[0]) if faults else None)
        self.members = {"errors": [shown(fault) for fault in faults[:MOST_SHOWN]], "import_id": import_id}


class OtherImportError(DomainError):
    """The import was ended by somebody else while it was read; nothing of it was stored."""

    code = "import_ended"
    status = 409


class UnsupportedTypeError(DomainError):
    """The body is neither a form nor CSV."""

    code = "unsupported_media_type"
    status = 415

    def __init__(self, media_type: str) -> None:
        super().__init__(
            f"A body of type '{media_type[:MOST_TYPE_CHARACTERS]}' is not accepted here; "
            "send multipart/form-data with the file in the field 'deals', or text/csv."
        )


class UnsupportedCharsetError(DomainError):
    """The declared charset is not accepted here; send UTF-8, UTF-16 with a byte order mark, or Windows-1251."""

    code = "unsupported_charset"
    status = 415


class NoSuchImportError(DomainError):
    """There is no such import."""

    code = "not_found"
    status = 404


class NoErrorsError(DomainError):
    """This import has no errors."""

    code = "no_errors"
    status = 404


class AlreadyActiveError(DomainError):
    """This import is the active one already."""

    code = "already_active"
    status = 409


class NotKeptError(DomainError):
    """The deals of this import are not kept, so it cannot be made active again."""

    code = "not_kept"
    status = 409


def sentence(fault: Mapping[str, Any]) -> str:
    """A fault for people: where, then what."""
    where = [f"{name} {fault[name]}" for name in ("line", "column") if fault[name] is not None]
    return f"{', '.join(where)}: {fault['detail']}" if where else str(fault["detail"])


def shown(fault: Mapping[str, Any]) -> dict[str, Any]:
    """A fault as it stands in an answer."""
    return {name: fault[name] for name in ("line", "column", "value", "code", "detail")}
