"""The form of one block, which is what its kind's registration says, and what its template asks of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin import utils
from django.forms.boundfield import BoundField

from apps.pages import content_types
from apps.pages.models import Content

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Content]  # generic in the stubs only
else:
    ModelForm = forms.ModelForm


@dataclass(frozen=True, kw_only=True)
class Line:
    """A field, what it holds for those who may only look, and the HTML element that shows what is at its address."""

    field: BoundField
    stored: Any
    preview: str


class LinesField(forms.CharField):
    """A text comes back from a browser with other line ends; with its own it is not taken for a changed one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "strip": False})

    def to_python(self, value: Any) -> Any:
        return str(super().to_python(value)).replace("\r\n", "\n")


class BlockForm(ModelForm):
    kind: content_types.Kind
    #: Among the blocks of the form; equal ones stay as they were sent.
    place = 0
    is_removed = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.use_required_attribute = False  # the browser cannot point at a field of a block that is folded up

    @property
    def is_new(self) -> bool:
        return self.instance._state.adding

    @property
    def is_open(self) -> bool:
        """All that a form that comes back was changed in is to be seen."""
        return not self.is_removed and (self.is_new or (self.is_bound and (bool(self.errors) or self.has_changed())))

    @property
    def lines(self) -> Iterator[Line]:
        previews = dict(self.kind.preview)
        for field in self.visible_fields():
            model_field: Any = self.instance._meta.get_field(field.name)
            shown = utils.display_for_field(getattr(self.instance, field.name), model_field, "-")
            yield Line(field=field, stored=shown, preview=previews.get(field.name, ""))
