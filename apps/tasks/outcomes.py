"""How an attempt can end, and how that is written."""

from dataclasses import dataclass

from apps.tasks import ledger
from apps.tasks.ledger import SAME_CALL, Claim, NextCall, Success


@dataclass(frozen=True, kw_only=True)
class AnotherTry:
    """An error that is tried again after a delay. `result` is the error as JSON, for those who ask meanwhile."""

    claim: Claim
    delay_ms: int
    error: str
    traceback: str
    result: str | None = None
    next_call: NextCall = SAME_CALL

    def write(self) -> set[str]:
        """Returns the queue that has work again, or nothing when the claim was lost."""
        return ledger.retry(
            self.claim,
            delay_ms=self.delay_ms,
            error=self.error,
            traceback=self.traceback,
            result=self.result,
            next_call=self.next_call,
        )


@dataclass(frozen=True, kw_only=True)
class GivenUp:
    """An error that is not tried again; `ends_as` is the status to come: failed, dead or cancelled. `result` is the
    error as JSON, for those who ask for it."""

    claim: Claim
    ends_as: str
    error: str
    traceback: str
    result: str | None = None

    def write(self) -> bool:
        """False when the claim was lost."""
        return ledger.give_up(
            self.claim, ends_as=self.ends_as, error=self.error, traceback=self.traceback, result=self.result
        )


@dataclass(frozen=True)
class HandedBack:
    """Cut short by a shutdown: to be run again as if this attempt had not been."""

    claim: Claim


Outcome = Success | AnotherTry | GivenUp | HandedBack
