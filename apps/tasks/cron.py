"""Calendar times as cron writes them, with the semantics of Celery 5.7's `crontab`.

The rule that differs from cron's: a day has to match day of month AND day of week AND month. Everything in here is
wall-clock time without a zone; `timing` puts it into one.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

#: As callers write a field: `5`, `"*/15"`, `"mon-fri"`, `[8, 20]`.
Field = int | str | Iterable[int]

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: A month name is understood in every field, a weekday's as well, as in Celery.
NAMES = {**{name: day for day, name in enumerate(WEEKDAYS)}, **{name: i for i, name in enumerate(MONTHS, start=1)}}
#: February as in a leap year.
LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
#: 29 February falls on a given weekday once in 28 years, or in 40 where a century has no leap year.
MOST_YEARS = 40


class ParseException(Exception):  # noqa: N818 — Celery's name
    """A field of a cron expression cannot be read."""


class FieldParser:
    """Reads one field whose values are the `max_` numbers from `min_`: `1,13,30-45,50-59/2`, `*/15`, `mon-fri`.

    A range may wrap (`fri-mon`). `*/n` counts from the smallest value: `*/2` of the days of a month is the odd ones.
    """

    ParseException = ParseException
    _form = re.compile(r"(?:(?P<star>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?P<slash>/(?P<step>\w+)?)?")

    def __init__(self, max_: int = 60, min_: int = 0) -> None:
        self.max_ = max_
        self.min_ = min_

    def parse(self, spec: str) -> set[int]:
        """Raises ParseException or, for a number or name that is none, ValueError."""
        return {number for part in spec.split(",") for number in self._parse_part(part.strip())}

    def _parse_part(self, part: str) -> Sequence[int]:
        if not part:
            raise ParseException("empty part")
        if part.startswith("-"):
            raise ParseException("negative numbers not supported")
        form = self._form.fullmatch(part)
        if form is None or (form["slash"] and form["first"] and not form["last"]):
            raise ValueError(f"Invalid weekday literal {part!r}.")
        if form["slash"]:
            return self._range_steps((form["first"], form["last"], form["step"]))
        return self._expand(form["first"], form["last"])

    def _range_steps(self, tokens: Sequence[str | None]) -> Sequence[int]:
        if len(tokens) != 3 or not tokens[2]:
            raise ParseException("empty filter")
        step = int(tokens[2])
        if step == 0:
            raise ValueError("A step of zero never moves on.")
        return self._expand(tokens[0], tokens[1])[::step]

    def _expand(self, first: str | None, last: str | None) -> Sequence[int]:
        every = range(self.min_, self.min_ + self.max_)
        if first is None:
            return every
        low = self._number(first)
        high = low if last is None else self._number(last)
        return range(low, high + 1) if low <= high else [*range(low, every.stop), *range(self.min_, high + 1)]

    def _number(self, text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            if text[:3].lower() not in NAMES:
                raise ValueError(f"Invalid weekday literal {text!r}.") from None
            number = NAMES[text[:3].lower()]
        if number > self.min_ + self.max_ - 1:
            raise ValueError(f"Invalid end range: {number} > {self.min_ + self.max_ - 1}.")
        if number < self.min_:
            raise ValueError(f"Invalid beginning range: {number} < {self.min_}.")
        return number


def fields_of(expression: str, between: str | None = None) -> list[str]:
    """The five fields of an expression, with one space between them or (None) any. Raises ValueError."""
    fields = expression.split(between)
    if len(fields) != 5:
        raise ValueError(
            "A cron expression has five fields (minute, hour, day of month, month, day of week), which"
            f" {expression!r} has not."
        )
    return fields


def expand(field: Field, max_: int, min_: int = 0) -> set[int]:
    """The numbers of a field. Raises what FieldParser raises, ValueError for numbers outside, and TypeError."""
    if isinstance(field, int):
        numbers = {field}
    elif isinstance(field, str):
        numbers = FieldParser(max_, min_).parse(field)
    elif isinstance(field, Iterable):
        numbers = set(field)
    else:
        raise TypeError(
            "Argument cronspec needs to be of any of the following types: int, str, or an iterable type."
            f" {type(field)!r} was given."
        )
    for number in numbers:
        if not min_ <= number < min_ + max_:
            raise ValueError(
                f"Invalid crontab pattern.  Valid range is {min_}-{min_ + max_ - 1}. '{number}' was found."
            )
    return numbers


def written(field: Field, numbers: Iterable[int], size: int) -> str:
    """A field as a crontab has it, without spaces: as it was written, where that was text."""
    if isinstance(field, str):
        return field.replace(" ", "").lower()
    known = sorted(numbers)
    return "*" if len(known) == size else ",".join(map(str, known))


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The wall-clock minutes that five fields name; weekdays count from Sunday = 0."""

    minute: frozenset[int]
    hour: frozenset[int]
    day_of_month: frozenset[int]
    month_of_year: frozenset[int]
    day_of_week: frozenset[int]

    def next_after(self, wall: datetime) -> datetime:
        """The first of them after the minute that this naive time is in. Raises RuntimeError where none ever comes."""
        minute = wall.replace(second=0, microsecond=0, fold=0)
        for day in self._days(minute.replace(hour=0, minute=0)):
            later = (time for time in self._times(day) if time > minute)
            found = next(later, None)
            if found is not None:
                return found
        raise RuntimeError("unable to rollover, time specification is probably invalid")

    def _times(self, day: datetime) -> Iterator[datetime]:
        return (day.replace(hour=hour, minute=minute) for hour in sorted(self.hour) for minute in sorted(self.minute))

    def _days(self, first: datetime) -> Iterator[datetime]:
        """The days that match, from `first` on, each at midnight."""
        months, days = sorted(self.month_of_year), sorted(self.day_of_month)
        for year in range(first.year, first.year + MOST_YEARS + 1):
            for month in months:
                last_day = monthrange(year, month)[1]
                for day in (datetime(year, month, day) for day in days if day <= last_day):  # noqa: DTZ001 — wall time
                    if day >= first and day.isoweekday() % 7 in self.day_of_week:
                        yield day


def calendar_of(
    *, minute: Field, hour: Field, day_of_month: Field, month_of_year: Field, day_of_week: Field
) -> Calendar:
    """Raises what `expand` raises, and ValueError for a date that never comes, such as 30 February."""
    calendar = Calendar(
        minute=frozenset(expand(minute, 60)),
        hour=frozenset(expand(hour, 24)),
        day_of_month=frozenset(expand(day_of_month, 31, 1)),
        month_of_year=frozenset(expand(month_of_year, 12, 1)),
        day_of_week=frozenset(expand(day_of_week, 7)),
    )
    months = [LONGEST_MONTHS[month - 1] for month in calendar.month_of_year]
    if not any(day <= longest for longest in months for day in calendar.day_of_month):
        raise ValueError(
            f"Invalid crontab: day_of_month {day_of_month!r} never occurs in month_of_year {month_of_year!r}."
        )
    return calendar
