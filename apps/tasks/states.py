"""The states of an invocation. Importable before the models are."""

from django.db.models import TextChoices


class Status(TextChoices):
    """The life of an invocation; `ledger` says which statement makes each step."""

    #: Waits for its time (a delay, a retry's backoff).
    SCHEDULED = "scheduled"
    #: May be claimed by any worker.
    QUEUED = "queued"
    #: Claimed by the worker named in the row.
    RUNNING = "running"
    #: Has been given up; its `on_end` has still to be told.
    ENDING = "ending"
    #: Returned normally.
    SUCCEEDED = "succeeded"
    #: Raised an error that is not to be tried again.
    FAILED = "failed"
    #: Given up: the retries are used up, or it killed its worker too often.
    DEAD = "dead"
    #: Called off before it could end by itself.
    CANCELLED = "cancelled"
