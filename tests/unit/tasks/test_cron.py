"""What a cron expression names, and how long it takes to find."""

import time
from datetime import datetime

import pytest

from apps.tasks import cron
from apps.tasks.cron import FieldParser, ParseException


@pytest.mark.parametrize(
    ("size", "least", "field", "numbers"),
    [
        (60, 0, "*/15", {0, 15, 30, 45}),
        (31, 1, "*/10", {1, 11, 21, 31}),
        (60, 0, "1,13,30-33,50-59/4", {1, 13, 30, 31, 32, 33, 50, 54, 58}),
        (7, 0, "fri-mon", {5, 6, 0, 1}),
        (7, 0, "Monday, wed", {1, 3}),
        (12, 1, "nov-feb/2", {11, 1}),
        (24, 0, " 8-17/3 ", {8, 11, 14, 17}),
    ],
)
def test_a_field_names_these_numbers(size, least, field, numbers):
    assert FieldParser(size, least).parse(field) == numbers


@pytest.mark.parametrize("field", ["", "1,,2", "*/", "1-5/", "-20"])
def test_a_field_with_a_part_missing_cannot_be_read(field):
    with pytest.raises(ParseException):
        FieldParser(60).parse(field)


@pytest.mark.parametrize("field", ["60", "5-60", "foo", "1-2-3", "*/2foo", "5/15", "*/0", "1 2"])
def test_nothing_in_a_field_is_passed_over(field):
    with pytest.raises(ValueError):  # noqa: PT011 — every message is another
        FieldParser(60).parse(field)


def calendar(**fields):
    every = dict.fromkeys(("minute", "hour", "day_of_month", "month_of_year", "day_of_week"), "*")
    return cron.calendar_of(**{**every, **fields})


@pytest.mark.parametrize(
    ("fields", "after", "found"),
    [
        ({}, "2026-12-31 23:59:59", "2027-01-01 00:00"),
        ({"minute": "*/15"}, "2026-05-05 10:15:00", "2026-05-05 10:30"),
        ({"minute": 30, "hour": 2}, "2026-05-05 02:30:01", "2026-05-06 02:30"),
        ({"minute": 0, "hour": 0, "day_of_month": 31}, "2026-04-01 12:00", "2026-05-31 00:00"),
        ({"minute": 0, "hour": 0, "day_of_month": 13, "day_of_week": "fri"}, "2026-03-14 00:00", "2026-11-13 00:00"),
        ({"minute": 0, "hour": 0, "day_of_month": 29, "month_of_year": 2}, "2026-01-01 00:00", "2028-02-29 00:00"),
        (
            {"minute": 0, "hour": 0, "day_of_month": 29, "month_of_year": 2, "day_of_week": "mon"},
            "2072-03-01 00:00",
            "2112-02-29 00:00",
        ),
    ],
    ids=["end of the year", "quarter", "passed by a second", "31st", "Friday the 13th", "leap day", "leap Monday"],
)
def test_the_next_minute_matches_all_five_fields(fields, after, found):
    assert calendar(**fields).next_after(datetime.fromisoformat(after)) == datetime.fromisoformat(found)


def test_the_search_for_the_rarest_day_takes_less_than_a_tenth_of_a_second():
    rare = calendar(minute=0, hour=0, day_of_month=29, month_of_year=2, day_of_week="mon")
    began = time.perf_counter()

    rare.next_after(datetime.fromisoformat("2072-03-01"))

    assert time.perf_counter() - began < 0.1


@pytest.mark.parametrize("fields", [{"day_of_month": 30, "month_of_year": 2}, {"day_of_month": []}, {"minute": 60}])
def test_a_date_that_never_comes_is_refused(fields):
    with pytest.raises(ValueError, match=r"never occurs|Valid range is 0-59. '60' was found"):
        calendar(**fields)
