"""Pages and what is on them. A kind of content is a subclass of `Content`, here or in any app (`content_types`).

`version` is given by triggers of the database, at every change however it is made: by `save`, by `QuerySet.update` or
by SQL. Counters lie in a table of their own, written by the tally alone: a save has none to overwrite, a lock on a
content holds no counting up, and the other way round.
"""

from typing import Any, ClassVar

from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import OpClass
from django.core.validators import MinValueValidator, URLValidator
from django.db import models
from django.db.models import Deferrable, F, Q
from django.db.models.functions import Coalesce, Upper
from ordered_model.models import OrderedModelBase, OrderedModelManager, OrderedModelQuerySet
from polymorphic.managers import PolymorphicManager
from polymorphic.models import PolymorphicModel
from polymorphic.query import PolymorphicQuerySet

WEB_ADDRESS = URLValidator(schemes=["http", "https"])


class Page(models.Model):
    title = models.CharField(max_length=255)
    version = models.UUIDField(db_default=RandomUUID(), editable=False, help_text="New at every change.")

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(OpClass(Upper("title"), "text_pattern_ops"), name="page_title_prefix")]

    def __str__(self) -> str:
        return self.title


class ContentQuerySet(PolymorphicQuerySet, OrderedModelQuerySet):  # type: ignore[type-arg, misc] # untyped half
    def with_counters(self) -> Any:
        """Each content with its counter, in the same query."""
        return self.annotate(counted=Coalesce(F("counter_row__value"), 0))


class ContentManager(PolymorphicManager.from_queryset(ContentQuerySet), OrderedModelManager):  # type: ignore[misc] # as above
    pass


class Content(OrderedModelBase, PolymorphicModel):  # type: ignore[misc] # ordered_model has no types
    """One block of a page. Without an order it goes to the end; `services` keeps the orders of a page 0, 1, 2, …"""

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="contents")
    title = models.CharField(max_length=255)
    order = models.PositiveIntegerField()
    version = models.UUIDField(db_default=RandomUUID(), editable=False, help_text="New at every change.")

    objects: ClassVar[Any] = ContentManager()

    order_field_name = "order"
    order_with_respect_to = "page"
    order_class_path = "apps.pages.models.Content"  # or each kind would be numbered alone

    class Meta:
        ordering: ClassVar = ["page", "order"]
        verbose_name_plural = "content"
        indexes: ClassVar = [models.Index(OpClass(Upper("title"), "text_pattern_ops"), name="content_title_prefix")]
        constraints: ClassVar = [
            # Looked at when a transaction ends, so that within it orders may be written one by one.
            models.UniqueConstraint(
                fields=["page", "order"], name="content_order_once", deferrable=Deferrable.DEFERRED
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def counter(self) -> int:
        """How often it was seen. A query, unless it was read with `with_counters`."""
        if "counted" in self.__dict__:
            return int(self.__dict__["counted"])
        return Counter.objects.filter(pk=self.pk).values_list("value", flat=True).first() or 0

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Without what OrderedModelBase does, which moves the orders of others, and twice for a subclass.

        The gap is harmless; `services.delete_content` leaves none.
        """
        return super(OrderedModelBase, self).delete(*args, **kwargs)


class Video(Content):
    video_url = models.URLField("video URL", max_length=2000, validators=[WEB_ADDRESS])
    subtitles_url = models.URLField("subtitles URL", max_length=2000, blank=True, validators=[WEB_ADDRESS])


class Audio(Content):
    bitrate = models.PositiveIntegerField(validators=[MinValueValidator(1)], help_text="In bits per second.")


class Text(Content):
    # Without a name of its own the way back from Content would be `text` too.
    content_ptr = models.OneToOneField(
        Content, on_delete=models.CASCADE, parent_link=True, primary_key=True, related_name="text_part"
    )
    text = models.TextField()


class Counter(models.Model):
    """How often a content was seen. No row: never. `tasks` is the only writer, adding and removing.

    There is no constraint to the content: it would lock the content for every view.
    """

    content = models.OneToOneField(
        Content, on_delete=models.DO_NOTHING, db_constraint=False, primary_key=True, related_name="counter_row"
    )
    value = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(name="counter_positive", condition=Q(value__gte=0))]

    def __str__(self) -> str:
        return f"{self.content_id}: {self.value}"


class PageDelta(models.Model):
    """Pages added or removed. Their sum is the number of pages, which to count would take longer the more there are.

    Written by a trigger; `tasks` adds them up now and then.
    """

    number = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.number)
