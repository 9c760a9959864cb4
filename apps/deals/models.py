"""The two tables of this app: imports, one row an upload, and the deals that they brought."""

from typing import ClassVar

from django.db import models
from django.db.models import Func, Q, Value
from django.utils import timezone


class Status(models.TextChoices):
    """The life of an import; `lifecycle` says which statement makes each step."""

    #: Stored; the task that reads it has not begun.
    QUEUED = "queued"
    #: It is being read.
    IMPORTING = "importing"
    #: Its deals are the ones that are answered from. One import at most.
    ACTIVE = "active"
    #: It was good, and a later one is active or has been.
    SUPERSEDED = "superseded"
    #: Nothing of it was stored; `errors` says why.
    FAILED = "failed"


class Rows(models.TextChoices):
    """Where the deals of an import are."""

    #: Nowhere yet, or it has failed.
    NONE = "none"
    #: In the table, all of them.
    STORED = "stored"
    #: Being removed: an import that cannot be made active again.
    LEAVING = "leaving"
    #: They were in the table.
    REMOVED = "removed"


class Import(models.Model):
    """An upload of deals. What it was found to say is kept when its deals are gone."""

    turn = models.BigIntegerField(
        unique=True,
        db_default=Func(Value("deals_turn"), function="nextval"),
        help_text="Of two good imports the one with the later turn wins, whichever is ready first.",
    )
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    rows_are = models.CharField(max_length=16, choices=Rows.choices, default=Rows.NONE)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    who = models.CharField(max_length=150, blank=True, help_text="A user, or the address it came from.")

    name = models.CharField(max_length=255, blank=True, help_text="The client's name for the file; decides nothing.")
    size = models.BigIntegerField(help_text="In bytes.")
    charset = models.CharField(max_length=40, blank=True, help_text="What the client declared.")
    encoding = models.CharField(max_length=16, blank=True, help_text="Read from the bytes.")
    source = models.CharField(max_length=100, blank=True, help_text="While it waits: the stored name of its bytes.")
    invocation_id = models.CharField(max_length=255, blank=True, help_text="The task that reads it; empty: a request.")

    progress = models.PositiveSmallIntegerField(default=0, help_text="0 to 100, from bytes read.")
    rows = models.BigIntegerField(default=0, help_text="Deals read so far.")
    ignored_columns = models.JSONField(default=list, blank=True)
    errors = models.JSONField(default=list, blank=True)
    answer = models.TextField(blank=True, help_text="What GET answers while this import is active, as it is sent.")
    etag = models.CharField(max_length=64, blank=True, help_text="The SHA-256 of the answer.")

    class Meta:
        constraints: ClassVar = [
            # Also the index by which every GET finds the active import.
            models.UniqueConstraint(fields=["status"], name="import_active_once", condition=Q(status="active")),
            models.CheckConstraint(name="import_status_known", condition=Q(status__in=Status.values)),
            models.CheckConstraint(name="import_rows_known", condition=Q(rows_are__in=Rows.values)),
            models.CheckConstraint(name="import_progress_bounded", condition=Q(progress__lte=100)),
            models.CheckConstraint(
                name="import_active_is_whole",
                condition=~Q(status="active") | Q(rows_are="stored", etag__gt="", finished_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            # The few that wait, run, or have deals in the table; the others are history.
            models.Index(fields=["status"], name="import_unfinished", condition=Q(status__in=["queued", "importing"])),
            models.Index(fields=["turn"], name="import_with_rows", condition=Q(rows_are__in=["stored", "leaving"])),
            models.Index(fields=["source"], name="import_source", condition=Q(source__gt="")),
        ]

    def __str__(self) -> str:
        return f"Import {self.pk}"


class Deal(models.Model):
    """A sale. Names are compared and sorted by code point, whatever the database's locale is."""

    # The constraint's trigger would look the import up for every row, which doubles what COPY costs. Rows come
    # and go with their import's state, in `processors` alone.
    origin = models.ForeignKey(
        Import,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        db_column="import_id",
        related_name="deals",
        help_text="The import that brought it.",
    )
    customer = models.TextField(db_collation="C")
    item = models.TextField(db_collation="C")
    total = models.DecimalField(max_digits=14, decimal_places=2)
    quantity = models.IntegerField()
    date = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            # Serves the answer, the pages of the admin and the removal, each within one import.
            models.Index(fields=["origin", "id"], name="deal_of_import"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(name="deal_names_given", condition=~Q(customer="") & ~Q(item="")),
            models.CheckConstraint(name="deal_total_positive", condition=Q(total__gte=0)),
            models.CheckConstraint(name="deal_quantity_positive", condition=Q(quantity__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.item}"
