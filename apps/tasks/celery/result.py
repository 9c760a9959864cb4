"""What `delay()` answers: a handle on the invocation."""

from dataclasses import dataclass

from apps.tasks.models import Invocation
from apps.tasks.states import Status

#: The ledger's states in Celery's words; an unknown id is PENDING there too.
STATES = {
    Status.SCHEDULED: "PENDING",
    Status.QUEUED: "PENDING",
    Status.RUNNING: "PENDING",
    Status.ENDING: "PENDING",
    Status.SUCCEEDED: "SUCCESS",
    Status.FAILED: "FAILURE",
    Status.DEAD: "FAILURE",
    Status.CANCELLED: "REVOKED",
}


@dataclass(frozen=True)
class AsyncResult:
    """Reads the invocation's row; `id` may be any text, also of an invocation that is not there."""

    id: str

    @property
    def task_id(self) -> str:
        return self.id

    @property
    def state(self) -> str:
        """PENDING, SUCCESS, FAILURE or REVOKED."""
        status = Invocation.objects.filter(id=self.id).values_list("status", flat=True).first()
        return STATES[Status(status)] if status else "PENDING"

    @property
    def status(self) -> str:
        return self.state
