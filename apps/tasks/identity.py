"""Who a worker process is in the ledger."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field


def _nobody_waits() -> None:
    """The supervisor sees from the exit code that its process left in order."""


@dataclass(frozen=True)
class Identity:
    """The lease a process works under.

    Attributes:
      worker: the lease's id.
      solo: it runs suspects, one at a time, and nothing else.
      farewell: called when the process leaves in order.
      finish_seconds: how long running tasks may take to finish after a stop; None where Dramatiq's command decides.
    """

    worker: str = field(default_factory=lambda: str(uuid.uuid4()))
    solo: bool = False
    farewell: Callable[[], None] = _nobody_waits
    finish_seconds: float | None = None
