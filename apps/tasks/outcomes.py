"""How an attempt can end: what the writer records."""

from dataclasses import dataclass

from apps.tasks.ledger import Claim, Success


@dataclass(frozen=True, kw_only=True)
class AnotherTry:
    """An error that is tried again after a delay."""

    claim: Claim
    delay_ms: int
    error: str
    traceback: str


@dataclass(frozen=True, kw_only=True)
class GivenUp:
    """An error that is not tried again; `ends_as` is the status to come: failed, dead or cancelled."""

    claim: Claim
    ends_as: str
    error: str
    traceback: str


@dataclass(frozen=True)
class HandedBack:
    """Cut short by a shutdown: to be run again as if this attempt had not been."""

    claim: Claim


Outcome = Success | AnotherTry | GivenUp | HandedBack
