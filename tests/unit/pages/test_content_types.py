"""What is refused of a kind."""

from typing import Any

import pytest
from django.contrib.auth.models import Group

from apps.pages import content_types
from apps.pages.content_types import FieldOfOtherTableError, Kind, KindExistsError
from apps.pages.models import Text


def test_a_second_kind_of_a_model_is_refused() -> None:
    with pytest.raises(KindExistsError):
        content_types.register(Kind(name="prose", model=Text, fields=("text",)))


def test_a_field_that_lies_in_another_table_is_refused_as_a_cached_answer_would_miss_its_changes() -> None:
    model: Any = Group

    with pytest.raises(FieldOfOtherTableError):
        content_types.register(Kind(name="group", model=model, fields=("name", "permissions")))
    assert "group" not in [kind.name for kind in content_types.kinds()]
