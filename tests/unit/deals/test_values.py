"""What is a value of each column, and how COPY takes it."""

import re

import pytest

from apps.deals.parser import values
from apps.deals.parser.faults import BadValueError

MILLION_ZEROS = "0" * 1_000_000


@pytest.mark.parametrize(
    ("value", "copied"),
    [
        ("0", "0"),
        ("0.00", "0.00"),
        ("612", "612"),
        ("612.5", "612.5"),
        ("612.50", "612.50"),
        ("999999999999.99", "999999999999.99"),
        ("0000000000000000612.50", "612.50"),
        ("00.5", "0.5"),
        (MILLION_ZEROS, "0"),
    ],
    ids=lambda value: value[:25],
)
def test_an_amount_is_a_decimal_from_zero_with_at_most_two_places(value: str, copied: str) -> None:
    assert values.total(value) == copied


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "abc",
        "nan",
        "inf",
        "-1",
        "-0",
        "+1",
        " 1",
        "1 ",
        "1\n",
        "1,5",
        "1.",
        ".5",
        "1.234",
        "1e3",
        "6_12",
        "0x10",
        "1000000000000",
        "٦١٢",  # Arabic digits, which int() takes
        "²",
        "1\0",
    ],
)
def test_anything_else_is_no_amount(value: str) -> None:
    with pytest.raises(BadValueError, match="is not an amount of money") as refused:
        values.total(value)
    assert refused.value.code == "not_money"


@pytest.mark.parametrize("value", ["1.005", "-1", "1,5", "1 000", "1000000000000", "100 руб.", "1e3"])
def test_what_is_a_number_and_no_amount_comes_with_the_rule(value: str) -> None:
    with pytest.raises(BadValueError) as refused:
        values.total(value)
    rule = "from 0 to 999999999999.99 in digits, with a point and two decimals at most"
    assert refused.value.detail == f"'{value}' is not an amount of money {rule}"


@pytest.mark.parametrize(
    ("value", "copied"), [("1", "1"), ("06", "6"), ("2147483647", "2147483647"), ("0000000000000000001", "1")]
)
def test_a_quantity_is_a_whole_number_from_one(value: str, copied: str) -> None:
    assert values.quantity(value) == copied


@pytest.mark.parametrize("value", ["", "0", "00", "-1", "+6", "2147483648", "9" * 5_000, "٦", " 6", "6 ", "6\n", "six"])
def test_anything_else_is_no_quantity(value: str) -> None:
    with pytest.raises(BadValueError, match="whole number from 1 to 2147483647"):
        values.quantity(value)


@pytest.mark.parametrize("value", ["6.0", "6,5", "6."])
def test_a_quantity_with_decimals_is_told_to_be_whole(value: str) -> None:
    with pytest.raises(BadValueError, match=rf"^'{value}' is not a whole number$"):
        values.quantity(value)


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        ("2018-12-14 08:29:52.506166", "2018-12-14 08:29:52.506166"),
        ("2018-12-14 08:29:52", "2018-12-14 08:29:52"),
        ("2018-12-14T08:29:52.5", "2018-12-14 08:29:52.500000"),
        ("2018-12-14T08:29:52,5", "2018-12-14 08:29:52.500000"),
        ("2018-12-14T08:29:52.506166999Z", "2018-12-14 08:29:52.506166"),
        ("2018-12-14T08:29Z", "2018-12-14 08:29:00"),
        ("2018-12-14T08:29:52+03:00", "2018-12-14 05:29:52"),
        ("2018-12-14 08:29:52+03:00", "2018-12-14 05:29:52"),
        ("2018-12-14T23:30:00-0130", "2018-12-15 01:00:00"),
        ("2018-12-14T08:29:52+03", "2018-12-14 05:29:52"),
        ("20181214T082952Z", "2018-12-14 08:29:52"),
        ("2018-12-14", "2018-12-14 00:00:00"),
        ("20181214", "2018-12-14 00:00:00"),
        ("2018-W50-5", "2018-12-14 00:00:00"),
        ("2018W505T0829", "2018-12-14 08:29:00"),
        ("0001-01-01 00:00:00", "0001-01-01 00:00:00"),
        ("9999-12-31T23:59:59.999999", "9999-12-31 23:59:59.999999"),
        ("2020-02-29", "2020-02-29 00:00:00"),
    ],
)
def test_a_date_is_iso_8601_and_utc_without_an_offset(value: str, utc: str) -> None:
    assert values.date(value) == utc
    assert list(values.dates((value,))) == [utc]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "14.12.2018",
        "12/14/2018",
        "2018-12-14x08:29:52",
        "2018-12-14 08:29:52 ",
        " 2018-12-14",
        "2018-12",
        "2018-348",
        "2018",
        "2018-12-14T",
        "2018-12-14Z",
        "2018-12-14T08:29:52z",
        "2018-12-14T08:2952",
        "2018-12-14T0829:52.5",
        "٢٠١٨-12-14",
        "2018-12-14\0",
        "-2018-12-14",
        "1544776192",
    ],
)
def test_another_form_of_a_date_is_told_which_are_accepted(value: str) -> None:
    for check in (values.date, lambda text: values.dates((text,))):
        with pytest.raises(BadValueError, match="is not a date in a form that is accepted, such as") as refused:
            check(value)
        assert refused.value.code == "not_a_date"
        forms = re.findall("[0-9][^,]*?(?=,| or |$)", refused.value.detail.partition("such as ")[2])
        assert len(forms) == 4
        assert all(map(values.date, forms))


@pytest.mark.parametrize(
    "value",
    [
        "2018-13-01",
        "2019-02-29",
        "2018-12-14 24:00:00",
        "2018-12-14 08:29:60",
        "2018-12-14T08:29:52+25:00",
        "0000-01-01",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)
def test_a_date_that_there_is_not_is_told_to_be_none(value: str) -> None:
    for check in (values.date, lambda text: values.dates((text,))):
        with pytest.raises(BadValueError) as refused:
            check(value)
        assert refused.value.code == "not_a_date"
        assert refused.value.detail == (
            f"'{value}' is not a day and time that exist, from 0001-01-01 00:00:00 to 9999-12-31 23:59:59.999999 in UTC"
        )


@pytest.mark.parametrize(
    ("value", "copied"),
    [
        ("Рубин", "Рубин"),
        (" Ruby ", " Ruby "),
        ("a\\b", "a\\\\b"),
        ("\\.", "\\\\."),
        ("\\N", "\\\\N"),
        ("a\tb\nc\rd", "a\\tb\\nc\\rd"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("e\u0301\u200b", "e\u0301\u200b"),
        ("💎", "💎"),
    ],
)
def test_a_name_is_stored_as_it_is(value: str, copied: str) -> None:
    assert values.name(value, most_bytes=100) == copied


@pytest.mark.parametrize(
    ("value", "code"),
    [("", "empty"), (" ", "empty"), ("\t\u00a0\u2003\n", "empty"), ("a\0b", "nul"), ("Р" * 51, "too_long")],
)
def test_a_name_is_neither_empty_nor_binary_nor_too_long(value: str, code: str) -> None:
    with pytest.raises(BadValueError) as refused:
        values.name(value, most_bytes=100)
    assert refused.value.code == code


def test_a_name_may_have_exactly_the_bytes_that_are_allowed() -> None:
    assert values.name("Р" * 50, most_bytes=100) == "Р" * 50


def test_one_bad_value_of_a_column_is_found_among_good_ones() -> None:
    with pytest.raises(BadValueError):
        values.totals(("1", "2.5", "x"))
    with pytest.raises(BadValueError):
        values.dates(("2018-12-14 08:29:52", "2018-12-14 08:29:61"))
    assert list(values.totals(("1", "0" * 20 + "2"))) == ["1", "2"]


def test_what_is_remembered_is_bounded_and_errors_are_not() -> None:
    calls: list[str] = []

    def check(value: str) -> str:
        calls.append(value)
        if value == "bad":
            raise BadValueError("bad", "bad")
        return value.upper()

    remembered = values.Remembered(check)
    assert remembered.of_all(["a", "a", "b"]) == ["A", "A", "B"]
    for _ in range(2):
        with pytest.raises(BadValueError):
            remembered.of_all(["bad"])
    remembered.of_all(["x" * 65, "x" * 65])
    remembered.of_all([str(number) for number in range(values.Remembered.MOST_TEXTS + 1)])

    assert calls[:5] == ["a", "b", "bad", "bad", "x" * 65]
    assert calls[5] == "x" * 65
    assert len(remembered) <= values.Remembered.MOST_TEXTS
