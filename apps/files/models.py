"""The one table of this app: an uploaded file, what is known about it, and how far its processing is."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Exact
from django.utils import timezone

#: Folders of the media storage.
FILES = "files"
THUMBNAILS = "thumbnails"


class Status(models.TextChoices):
    """The life of a file; `lifecycle` says which statement makes each step."""

    #: Stored; the task that processes it has not begun.
    QUEUED = "queued"
    #: A worker has begun.
    PROCESSING = "processing"
    #: `result` says what was found.
    PROCESSED = "processed"
    #: `error_code` and `error_detail` say why; the bytes are still there.
    FAILED = "failed"


#: Nothing happens to a file in one of these until somebody asks for it.
ENDED = (Status.PROCESSED, Status.FAILED)


class File(models.Model):
    """An uploaded file. Its bytes never change and lie under a name of our own (`storage`)."""

    file = models.FileField(upload_to="files", max_length=100)
    uploaded_at = models.DateTimeField(default=timezone.now)
    processed = models.BooleanField(default=False)

    name = models.CharField(max_length=255, help_text="The client's name for it; decides no path.")
    size = models.BigIntegerField(help_text="In bytes.")
    content_type = models.CharField(max_length=127, help_text="Read from the bytes.")
    kind = models.CharField(max_length=32, help_text="Which processor it is for.")
    declared_type = models.CharField(max_length=255, blank=True, help_text="What the client said; decides nothing.")

    status = models.CharField(max_length=16, choices=Status.choices, default=Status.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text="0 to 100.")
    processed_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    error_detail = models.TextField(blank=True)
    result = models.JSONField(null=True, blank=True)
    thumbnail = models.FileField(upload_to="thumbnails", max_length=100, blank=True)
    invocation_id = models.CharField(max_length=255, blank=True, help_text="The task that processes it, or did.")

    class Meta:
        indexes: ClassVar = [
            # The list: newest first, from any point on, with one of its filters. Without one the key serves.
            models.Index(fields=["processed", "id"], name="file_processed"),
            models.Index(fields=["status", "id"], name="file_status"),
            models.Index(fields=["kind", "id"], name="file_kind"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="file_processed_is_status", condition=Q(processed=Exact(F("status"), Status.PROCESSED))
            ),
            models.CheckConstraint(name="file_status_known", condition=Q(status__in=Status.values)),
            models.CheckConstraint(name="file_progress_bounded", condition=Q(progress__lte=100)),
            models.CheckConstraint(name="file_size_positive", condition=Q(size__gt=0)),
            # Stored names are used once; the sweep of orphans looks rows up by them.
            models.UniqueConstraint(fields=["file"], name="file_stored_once"),
            models.UniqueConstraint(
                fields=["thumbnail"], name="file_thumbnail_stored_once", condition=Q(thumbnail__gt="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"

    @property
    def stored_name(self) -> str:
        return self.file.name or ""

    @property
    def stored_thumbnail(self) -> str:
        """Empty without one."""
        return self.thumbnail.name or ""
