"""What is refused of a kind."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.test.utils import isolate_apps

from apps.pages import checks, content_types
from apps.pages.content_types import FieldOfOtherTableError, Kind, KindExistsError
from apps.pages.models import Content, Text


def test_a_second_kind_of_a_model_is_refused() -> None:
    with pytest.raises(KindExistsError):
        content_types.register(Kind(name="prose", model=Text, fields=("text",)))


def test_a_field_that_lies_in_another_table_is_refused_as_a_cached_answer_would_miss_its_changes() -> None:
    model: Any = Group

    with pytest.raises(FieldOfOtherTableError):
        content_types.register(Kind(name="group", model=model, fields=("name", "permissions")))
    assert "group" not in [kind.name for kind in content_types.kinds()]


def test_all_kinds_there_are_pass_the_check() -> None:
    assert checks.check_kinds() == []


@isolate_apps("apps.pages")
def test_a_kind_that_nobody_registered_is_told_before_a_page_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    class Quote(Content):
        class Meta:
            app_label = "pages"

    models = [*apps.get_models(), Quote]
    monkeypatch.setattr(checks.apps, "get_models", lambda: models)

    assert [(error.id, error.obj) for error in checks.check_kinds()] == [("pages.E001", Quote)]


@isolate_apps("apps.pages")
def test_what_registered_kinds_have_in_common_is_no_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    class Quote(Content):
        class Meta:
            app_label = "pages"

    class Poem(Quote):
        class Meta:
            app_label = "pages"

    models = [*apps.get_models(), Quote, Poem]
    poem = Kind(name="poem", model=Poem, fields=())
    monkeypatch.setattr(checks.apps, "get_models", lambda: models)
    monkeypatch.setattr(checks.content_types, "kinds", lambda: [*content_types._kinds.values(), poem])

    assert checks.check_kinds() == []
