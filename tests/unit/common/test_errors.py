"""The errors of the domain say what happened, in words of their own or of their class."""

from apps.common.errors import DomainError, FieldError, InputError


class BrokenError(DomainError):
    """It is broken
    in two lines.

    This is for those who read the code.
    """

    code = "broken"
    status = 409


class WrongError(InputError):
    """It is wrong."""

    code = "wrong"


def test_the_first_paragraph_of_the_class_is_the_message() -> None:
    assert (BrokenError().detail, str(BrokenError())) == ("It is broken in two lines.",) * 2


def test_the_place_that_raises_may_know_more() -> None:
    assert BrokenError("The left one is broken.").detail == "The left one is broken."


def test_a_class_without_words_speaks_with_those_of_its_base() -> None:
    assert type("QuietError", (BrokenError,), {})().detail == "It is broken in two lines."


def test_an_input_error_names_its_field() -> None:
    assert WrongError(field="a").errors == (FieldError("a", "wrong", "It is wrong."),)
    assert WrongError().errors == (FieldError(None, "wrong", "It is wrong."),)


def test_an_input_error_may_carry_several_faults() -> None:
    faults = (FieldError("a", "x", "A."), FieldError("b", "y", "B."))
    assert WrongError(errors=faults).errors == faults
