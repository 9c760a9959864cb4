"""All that is on a page as one form: blocks of every kind, mixed, in the editor's order.

It speaks the admin's protocol of inlines, and reads its rows itself. A row says which content it is (none: a new one),
of what kind, its place, and whether it is removed; nothing hangs on the numbers in its fields' names. What only a
forged form can say is refused with 400 or 403.
"""

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.options import InlineModelAdmin
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import Field, QuerySet, TextField, URLField
from django.forms.models import BaseInlineFormSet, inlineformset_factory, modelform_factory
from django.http import HttpRequest

from apps.pages import content_types, services
from apps.pages.admin.block_form import BlockForm, LinesField
from apps.pages.models import Content, Page

if TYPE_CHECKING:
    InlineFormSet = BaseInlineFormSet[Content, Page, Any]  # generic in the stubs only
    Inline = InlineModelAdmin[Content, Page]
else:
    InlineFormSet = BaseInlineFormSet
    Inline = InlineModelAdmin

#: A form is answered as a whole, so its length has a bound.
MOST_BLOCKS = 2000


class BlockFormSet(InlineFormSet):
    #: Kind → the form of its blocks, and what the user may do; the inline sets them.
    block_forms: dict[str, type[BlockForm]] = {}
    may_add = may_change = may_delete = False

    def __init__(self, data: Any = None, files: Any = None, **options: Any) -> None:
        """Who may only look was sent no rows to send back."""
        sent = (data, files) if self.may_add or self.may_change else (None, None)
        super().__init__(*sent, **options)

    @property
    def blocks(self) -> list[BlockForm]:
        """In their order: the page's, or the one that was sent."""
        return sorted(self.forms, key=lambda form: form.place)

    @cached_property
    def empty_blocks(self) -> list[BlockForm]:
        """One of each kind, to be copied by the script."""
        return [form(prefix=self.add_prefix("__prefix__")) for form in self.block_forms.values()]

    @property
    def empty_form(self) -> BlockForm:
        return self.empty_blocks[0]

    @property
    def media(self) -> forms.Media:
        return sum((form.media for form in self.empty_blocks), forms.Media())

    def is_multipart(self) -> bool:
        return any(form.is_multipart() for form in self.empty_blocks)

    def initial_form_count(self) -> int:
        """Of a form that was sent none: its rows know themselves whether they are new."""
        return 0 if self.is_bound else super().initial_form_count()

    def _construct_form(self, i: int, **_options: Any) -> BlockForm:
        return self._sent_form(i) if self.is_bound else self._stored_form(i)

    def _stored_form(self, i: int) -> BlockForm:
        content = self.get_queryset()[i]
        form = self.block_forms[content_types.kind_of(content).name](instance=content, prefix=self.add_prefix(i))
        form.place = i
        return form

    def _sent_form(self, i: int) -> BlockForm:
        """A row whose content is gone is a new one: what was typed is not lost, and saving makes it anew."""
        prefix = self.add_prefix(i)
        content = self._contents.pop(self.data.get(f"{prefix}-id", ""), None)
        kind = content_types.kind_of(content).name if content else self.data.get(f"{prefix}-kind")
        if kind not in self.block_forms:
            raise BadRequest(f"{prefix} is of no kind")
        form = self.block_forms[kind](self.data, self.files, instance=content, prefix=prefix)
        form.place = _number(self.data.get(f"{prefix}-place"))
        form.is_removed = f"{prefix}-removed" in self.data
        if content and not (self.may_delete if form.is_removed else self.may_change):
            raise PermissionDenied
        return form

    @cached_property
    def _contents(self) -> dict[str, Content]:
        """Those that no row has claimed yet."""
        return {str(content.pk): content for content in self.get_queryset()}

    def _should_delete_form(self, form: BlockForm) -> bool:
        return form.is_removed

    def is_valid(self) -> bool:
        return not self.is_bound or super().is_valid()

    def clean(self) -> None:
        if not self.may_add and any(form.is_new and not form.is_removed for form in self.forms):
            raise forms.ValidationError("You may not add content. What is new here can only be removed.")

    @cached_property
    def has_moved(self) -> bool:
        """Whether contents that were there are in another order now."""
        orders = [form.instance.order for form in self.blocks if not form.is_new]
        return orders != sorted(orders)

    def save(self, commit: bool = True) -> list[Content]:  # noqa: ARG002, FBT001, FBT002 — the admin's
        """Afterwards the three lists of objects tell the page's history what was done."""
        sent = self.blocks if self.is_bound else []
        kept = [form for form in sent if not form.is_removed]
        written = [form for form in kept if form.is_new or form.has_changed()]
        self.new_objects = [form.instance for form in written if form.is_new]
        self.changed_objects = [(form.instance, form.changed_data) for form in written if not form.is_new]
        self.deleted_objects = [form.instance for form in sent if form.is_removed and not form.is_new]
        for form in written:
            form.save(commit=False)
        if sent:
            services.save_contents(
                self.instance.pk,
                contents=[form.instance for form in kept],
                changed={form.instance for form in written if not form.is_new},
                removed=self.deleted_objects,
            )
        for form in written:
            form.save_m2m()
        return [form.instance for form in written]


class BlockInline(Inline):
    """Whoever may change contents may change all kinds: permission is given for Content, not for each kind."""

    model = Content
    formset: Any = BlockFormSet
    template = "admin/pages/page/blocks.html"
    extra = 0
    verbose_name_plural = "content"

    @property
    def media(self) -> forms.Media:
        scripts: list[Any] = [forms.Script(f"pages/{name}.js", defer=True) for name in ("blocks", "drag", "preview")]
        return forms.Media(js=scripts, css={"all": ["pages/blocks.css"]})

    def get_formset(self, request: HttpRequest, obj: Page | None = None, **_options: Any) -> Any:
        formset: Any = inlineformset_factory(
            Page, Content, form=BlockForm, formset=BlockFormSet, fields=(), extra=0, max_num=MOST_BLOCKS
        )
        formset.may_add = self.has_add_permission(request, obj)
        formset.may_change = self.has_change_permission(request, obj)
        formset.may_delete = self.has_delete_permission(request, obj)
        formset.block_forms = {kind.name: self._form(request, kind) for kind in content_types.kinds()}
        return formset

    def _form(self, request: HttpRequest, kind: content_types.Kind) -> type[BlockForm]:
        form: Any = modelform_factory(
            kind.model,
            form=BlockForm,
            fields=("title", *kind.fields),
            formfield_callback=partial(self.formfield_for_dbfield, request=request),
        )
        form.kind = kind
        made: type[BlockForm] = form
        return made

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        """Addresses without the link that the admin puts beside them, as there is a preview; texts as they were."""
        if isinstance(db_field, TextField):
            return super().formfield_for_dbfield(db_field, request, form_class=LinesField, **options)
        if isinstance(db_field, URLField):
            widget = forms.URLInput(attrs={"class": "vURLField"})
            return db_field.formfield(**{"widget": widget, "assume_scheme": "https", **options})
        return super().formfield_for_dbfield(db_field, request, **options)

    def get_fieldsets(self, request: HttpRequest, obj: Page | None = None) -> list[Any]:  # noqa: ARG002 — the admin's
        """None: the template asks each block for its fields."""
        return []

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Content]":
        contents: Any = super().get_queryset(request)
        ordered: QuerySet[Content] = contents.with_counters().order_by("order")
        return ordered

    def has_add_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        """On a page that is there it changes the order, too."""
        may_add = super().has_add_permission(request, obj)
        return may_add and (obj is None or self.has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Page | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self.has_change_permission(request, obj)


def _number(sent: str | None) -> int:
    if not (sent and sent.isascii() and sent.isdigit() and len(sent) <= 9):
        raise BadRequest("A place is a number.")
    return int(sent)
