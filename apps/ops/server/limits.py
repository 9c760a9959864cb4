"""How large a body may be, by path, how much disk it takes until it is answered, and how a refusal is told there."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.common.problems import Problem
from apps.deals import problems as deals_problems

MEBIBYTE = 1024 * 1024
#: What a form adds to its file: boundaries, headers, small fields.
FORM_OVERHEAD_BYTES = MEBIBYTE


def as_it_is(problem: Problem) -> Problem:
    return problem


@dataclass(frozen=True)
class BodyLimit:
    """For the paths that begin with `prefix`.

    `copies` is how often a body lies on the disk at the same time: once as it came in, and a second time where its
    file is taken out of the form. `told` gives a problem the form that the errors of these paths have.
    """

    prefix: str
    max_bytes: int
    copies: int
    told: Callable[[Problem], Problem] = as_it_is


def body_limits(*, max_upload_bytes: int, max_deals_bytes: int) -> tuple[BodyLimit, ...]:
    """The first that fits a path is its limit. The last fits all."""
    deals_bytes = max_deals_bytes + FORM_OVERHEAD_BYTES
    return (
        BodyLimit("/api/v1/upload/", max_upload_bytes + FORM_OVERHEAD_BYTES, copies=2),
        BodyLimit("/api/v1/deals/", deals_bytes, copies=2, told=deals_problems.with_status),
        BodyLimit("/api/process_deals/", deals_bytes, copies=2, told=deals_problems.with_status),
        BodyLimit("/", 10 * MEBIBYTE, copies=2),
    )


def limit_for(path: str, limits: tuple[BodyLimit, ...]) -> BodyLimit:
    normal = "/" + path.lstrip("/")  # as Waitress gives it to the application
    return next(limit for limit in limits if normal.startswith(limit.prefix))
