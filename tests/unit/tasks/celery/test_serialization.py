"""Values and errors as JSON."""

from decimal import Decimal

import pytest
from django.utils.translation import gettext_lazy

from apps.tasks.celery import serialization
from apps.tasks.celery.exceptions import EncodeError, SecurityError


class Described:
    def __json__(self):
        return {"described": True}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        pytest.param((1, 2), [1, 2], id="a tuple becomes a list"),
        pytest.param(gettext_lazy("yes"), "yes", id="a lazy text becomes a text"),
        pytest.param(Described(), {"described": True}, id="an object that says how"),
        pytest.param({"__type__": "odd", "__value__": 1}, {"__type__": "odd", "__value__": 1}, id="an unknown marker"),
        pytest.param({"__type__": [], "__value__": 1}, {"__type__": [], "__value__": 1}, id="a marker that is no name"),
        pytest.param(
            {"__type__": "decimal", "__value__": "x"}, {"__type__": "decimal", "__value__": "x"}, id="looks like one"
        ),
    ],
)
def test_values_are_written_and_read(value, read):
    assert serialization.loads(serialization.dumps(value)) == read


def test_what_is_no_json_is_refused():
    with pytest.raises(EncodeError, match="set is not JSON serializable"):
        serialization.dumps({"deep": [{1, 2}]})


def test_plain_json_is_revived_where_it_is_marked():
    plain = {"a": [{"__type__": "decimal", "__value__": "1.5"}]}

    assert serialization.revive(plain) == {"a": [Decimal("1.5")]}


class TwoArgumentsError(Exception):
    def __init__(self, one, two):
        super().__init__(one, two)
        self.two = two


def test_an_error_comes_back_with_its_class_and_arguments():
    data = serialization.error_to_data(TwoArgumentsError("x", Decimal(2)))

    error = serialization.data_to_error(serialization.loads(serialization.dumps(data)))

    assert isinstance(error, TwoArgumentsError)
    assert error.two == Decimal(2)


def test_an_argument_of_an_error_that_is_no_json_becomes_its_repr():
    assert serialization.error_to_data(ValueError({1}, 2))["exc_message"] == ["{1}", 2]


def test_what_is_no_error_is_not_called():
    with pytest.raises(SecurityError, match=r"Expected an exception class, got os\.system"):
        serialization.data_to_error({"exc_type": "system", "exc_module": "os", "exc_message": ["true"]})
