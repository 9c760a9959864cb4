"""How large a body may be, by path, and how much disk it takes until it is answered."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024
#: What a form adds to its file: boundaries, headers, small fields.
FORM_OVERHEAD_BYTES = MEBIBYTE


@dataclass(frozen=True)
class BodyLimit:
    """For the paths that begin with `prefix`.

    `copies` is how often a body lies on the disk at the same time: once as it came in, and a second time where its
    file is taken out of the form.
    """

    prefix: str
    max_bytes: int
    copies: int


def body_limits(*, max_upload_bytes: int, max_deals_bytes: int) -> tuple[BodyLimit, ...]:
    """The first that fits a path is its limit. The last fits all."""
    deals_bytes = max_deals_bytes + FORM_OVERHEAD_BYTES
    return (
        BodyLimit("/api/v1/upload/", max_upload_bytes + FORM_OVERHEAD_BYTES, copies=2),
        BodyLimit("/api/v1/deals/", deals_bytes, copies=2),
        BodyLimit("/api/process_deals/", deals_bytes, copies=2),
        BodyLimit("", 10 * MEBIBYTE, copies=2),
    )


def limit_for(path: str, limits: tuple[BodyLimit, ...]) -> BodyLimit:
    return next(limit for limit in limits if path.startswith(limit.prefix))
