"""The index of all kinds of content. A kind is one model class, one registration and one migration.

    video   Video   the address of a video, and of its subtitles
    audio   Audio   the bitrate
    text    Text    text of any length

A kind of another app is registered beside its model; docs/how-to/add-a-content-kind.md walks through it. What a
registration says is all that the API and the admin know of a kind. Two kinds of one name or one model are refused, and
many-to-many fields.
"""

from dataclasses import dataclass

from apps.pages.models import Audio, Content, Text, Video


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of content.

    Attributes:
      name: its `type` in answers.
      model: a subclass of Content.
      fields: what it has beside its title, in the order of answers and of the editor's form. REST framework and the
        admin derive from the model's fields how each is shown.
      preview: in the admin, field → HTML element ("video", "audio", "img") that shows what is at its address.
    """

    name: str
    model: type[Content]
    fields: tuple[str, ...]
    preview: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        return str(self.model._meta.verbose_name)


_kinds: dict[str, Kind] = {}


class KindExistsError(Exception):
    """There is a kind of this name or of this model already."""


class FieldOfOtherTableError(Exception):
    """What it holds lies in another table, whose changes no edition of a page would show."""


def register(kind: Kind) -> None:
    """To be called once for each kind, while models are loaded."""
    for name in kind.fields:
        if kind.model._meta.get_field(name).many_to_many:
            raise FieldOfOtherTableError(f"{kind.name}: {name}")
    if any(kind.name == known.name or kind.model is known.model for known in _kinds.values()):
        raise KindExistsError(kind.name)
    _kinds[kind.name] = kind


def kinds() -> list[Kind]:
    """In the order of registration."""
    return list(_kinds.values())


def kind_of(content: Content) -> Kind:
    """The kind of a content that was read as what it is. KeyError: its model is not registered."""
    for kind in _kinds.values():
        if kind.model is type(content):
            return kind
    raise KeyError(f"{type(content).__name__} is not registered in apps.pages.content_types.")


register(Kind(name="video", model=Video, fields=("video_url", "subtitles_url"), preview=(("video_url", "video"),)))
register(Kind(name="audio", model=Audio, fields=("bitrate",)))
register(Kind(name="text", model=Text, fields=("text",)))
