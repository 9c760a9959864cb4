"""What can be wrong with a file, or with asking for one, as errors of the domain."""

from apps.common.errors import DomainError


class NoSuchFileError(DomainError):
    """There is no such file."""

    code = "not_found"
    status = 404


class NoThumbnailError(DomainError):
    """This file has no thumbnail."""

    code = "no_thumbnail"
    status = 404


class Unprocessable(DomainError):  # noqa: N818 — the fact, not the mishap: nothing of ours went wrong
    """The file cannot be processed.

    Raised by processors for faults of the file itself: trying again cannot help. `detail` tells a person what
    is wrong and where in the file.
    """

    status = 422

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
