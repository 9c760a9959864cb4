"""The tables of the task layer: invocations, the worker processes that hold leases on them, what tallies need,
schedules, and what workers have measured.

The first two are written by `ledger` alone, with conditional UPDATEs; their models serve reading, the admin and
migrations. The next two belong to `tally` and `drain`, schedules to `timetable`, measures to `measures`.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.tasks.states import Status


class Invocation(models.Model):
    """One call of a task."""

    id = models.CharField(primary_key=True, max_length=255, db_collation="C")
    queue = models.CharField(max_length=255)
    actor = models.CharField(max_length=255, help_text="The task's name.")
    payload = models.TextField(help_text="Arguments and options as JSON, in the broker's encoding.")
    priority = models.SmallIntegerField(default=0, help_text="Lower runs first.")
    status = models.CharField(max_length=16, choices=Status.choices)
    due_at = models.DateTimeField(help_text="Not to be run before.")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, help_text="When it was last claimed.")
    finished_at = models.DateTimeField(null=True)
    attempt = models.IntegerField(default=0, help_text="Counts claims; with the worker it fences off late writers.")
    retries = models.IntegerField(default=0, help_text="Attempts that ended in an error and were tried again.")
    deaths = models.IntegerField(default=0, help_text="Attempts that ended with the death of their worker process.")
    worker = models.CharField(max_length=36, default="", help_text="The worker process that claimed it last.")
    ends_as = models.CharField(max_length=16, default="", help_text="While ending: the status to come.")
    result = models.TextField(null=True, help_text="What it returned or raised, as JSON.")  # noqa: DJ001 — null: nothing
    state = models.CharField(max_length=255, null=True, help_text="What the task says of itself.")  # noqa: DJ001
    meta = models.TextField(null=True, help_text="What goes with the state, as JSON.")  # noqa: DJ001
    children = models.TextField(null=True, help_text="The ids of what it has sent, as JSON.")  # noqa: DJ001
    error = models.TextField(default="", help_text="The last error, in one sentence.")
    traceback = models.TextField(default="")

    class Meta:
        indexes: ClassVar = [
            # The claim reads the front of this one; rows leave it as soon as they are claimed.
            models.Index("queue", "priority", "due_at", name="invocation_queued", condition=Q(status="queued")),
            models.Index("queue", name="invocation_suspect", condition=Q(status="queued", deaths__gt=0)),
            models.Index("queue", "due_at", name="invocation_scheduled", condition=Q(status="scheduled")),
            models.Index("worker", name="invocation_running", condition=Q(status="running")),
            models.Index("due_at", name="invocation_ending", condition=Q(status="ending")),
            models.Index("finished_at", name="invocation_finished", condition=Q(finished_at__isnull=False)),
            # For those who watch: what did not succeed is rare, what did is most of the table.
            models.Index(
                "status", "finished_at", name="invocation_given_up", condition=Q(status__in=["failed", "dead"])
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(name="invocation_status_known", condition=Q(status__in=Status.values)),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.id}"


class WorkerProcess(models.Model):
    """A worker process that is, or was until lately, alive. Its lease is `beat`, a counter that must keep moving."""

    id = models.CharField(primary_key=True, max_length=36)
    host = models.CharField(max_length=255)
    solo = models.BooleanField(default=False, help_text="Runs suspects, one at a time.")
    beat = models.BigIntegerField(default=0)
    beat_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "worker processes"

    def __str__(self) -> str:
        return f"{self.id} on {self.host}"


class TallyMark(models.Model):
    """How far a tally has applied the events of a source."""

    source = models.UUIDField(primary_key=True)
    tally = models.CharField(max_length=100)
    number = models.BigIntegerField()
    marked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.source}: {self.number}"


class TallyEntry(models.Model):
    """An event that was not entrusted to Redis, or not certainly."""

    tally = models.CharField(max_length=100)
    source = models.UUIDField(null=True, help_text="None: Redis was not asked.")
    number = models.BigIntegerField(default=0)
    ids = models.TextField()
    written_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "tally entries"
        indexes: ClassVar = [
            models.Index("tally", "id", name="tallyentry_waiting", condition=Q(applied_at=None)),
            models.Index("source", name="tallyentry_source", condition=Q(source__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.tally}: {self.ids}"


class Schedule(models.Model):
    """When a task is sent by itself. Code declares it; of the row, people decide whether it is enabled."""

    name = models.CharField(primary_key=True, max_length=255)
    task = models.CharField(max_length=255)
    timing = models.TextField(help_text="An interval, or the five fields of a crontab.")
    zone = models.CharField(max_length=64, help_text="The time zone that a crontab's times are in.")
    arguments = models.TextField(help_text="What the task is sent with, as JSON.")
    digest = models.CharField(max_length=64, help_text="Of all this, to tell releases apart.")
    enabled = models.BooleanField(default=True)
    declared_at = models.DateTimeField(help_text="When a worker that declares it was last seen.")
    next_run_at = models.DateTimeField(null=True, help_text="Empty: a worker has yet to say.")
    reckoned_at = models.DateTimeField(null=True, help_text="When the next run was set.")
    last_run_at = models.DateTimeField(null=True)
    last_invocation = models.CharField(max_length=255, default="")
    asked_at = models.DateTimeField(null=True, help_text="Somebody wants it to be run now.")
    error = models.TextField(default="", help_text="Why the last run could not be sent.")

    def __str__(self) -> str:
        return self.name


class Measure(models.Model):
    """A figure that all workers add to. It only grows."""

    measure = models.CharField(max_length=100)
    labels = models.TextField(help_text="As JSON, in the order of their names.")
    bucket = models.CharField(max_length=16, help_text="Of a histogram: a bucket's upper end, or `sum`.")
    amount = models.FloatField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["measure", "labels", "bucket"], name="measure_once"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.labels} {self.bucket}"
