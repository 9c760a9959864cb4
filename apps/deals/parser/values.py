"""The five columns: what is a value of each, and how PostgreSQL's COPY takes it.

Every function gives the text for COPY's text format, which PostgreSQL reads as exactly what stands in the file, or
raises BadValueError. Digits are ASCII digits; nothing is trimmed or normalised.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from apps.deals.parser.faults import BadValueError, shown

MOST_QUANTITY = 2_147_483_647

#: numeric(14, 2): twelve digits before the point.
_AMOUNT = r"[0-9]{1,12}(?:\.[0-9]{1,2})?"
_is_amount = re.compile(_AMOUNT).fullmatch
_are_amounts = re.compile(rf"(?:{_AMOUNT}\n)*+").fullmatch
#: For what is meant to be one.
_AMOUNT_RULE = " from 0 to 999999999999.99 in digits, with a point and two decimals at most"
_has_digit = re.compile(r"\d").search
_WHOLE = re.compile(r"0*([0-9]{1,10})").fullmatch
_LEADING_ZEROS = re.compile(r"^0+(?=[0-9])")
_DECIMAL = re.compile(r"-?[0-9]*[.,][0-9]*").fullmatch
_ISO_8601 = re.compile(
    r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}|[0-9]{4}-W[0-9]{2}-[0-9]|[0-9]{4}W[0-9]{3})"
    r"(?:[T ][0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?|[0-9]{2}(?:[0-9]{2}(?:[.,][0-9]+)?)?)?"
    r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
).fullmatch
_DATE_FORMS = "2018-12-14, 2018-12-14 08:29, 2018-12-14 08:29:52.5 or 2018-12-14T08:29:52+03:00"
_DATE_RANGE = "from 0001-01-01 00:00:00 to 9999-12-31 23:59:59.999999 in UTC"
#: The next day's midnight to newer Pythons.
_HOUR_24 = re.compile("[T ]24").search
#: How most files write a time, with every digit a zero.
_PLAIN_TIMES = ("0000-00-00 00:00:00.000000", "0000-00-00 00:00:00")
_TO_ZERO = str.maketrans("123456789", "000000000")
_SPECIAL = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def name(value: str, *, most_bytes: int) -> str:
    """A customer or an item."""
    if not value or value.isspace():
        raise BadValueError("empty", "there is no value")
    if "\0" in value:
        raise BadValueError("nul", "there is a NUL byte in the value")
    if len(value) * 4 > most_bytes and len(value.encode()) > most_bytes:
        raise BadValueError("too_long", f"the value is longer than {most_bytes} bytes")
    return value.translate(_SPECIAL)


def total(value: str) -> str:
    amount = _LEADING_ZEROS.sub("", value)
    if not _is_amount(amount):
        rule = _AMOUNT_RULE if _has_digit(value) else ""
        raise BadValueError("not_money", f"'{shown(value)}' is not an amount of money{rule}")
    return amount


def quantity(value: str) -> str:
    found = _WHOLE(value)
    if found and 1 <= int(found[1]) <= MOST_QUANTITY:
        return found[1]
    if _DECIMAL(value):
        raise BadValueError("not_a_quantity", f"'{shown(value)}' is not a whole number")
    raise BadValueError("not_a_quantity", f"'{shown(value)}' is not a whole number from 1 to {MOST_QUANTITY}")


def date(value: str) -> str:
    """A date or a time of ISO 8601, to the microsecond. Without an offset it is UTC."""
    if not _ISO_8601(value):
        detail = f"'{shown(value)}' is not a date in a form that is accepted, such as {_DATE_FORMS}"
        raise BadValueError("not_a_date", detail)
    try:
        moment = None if _HOUR_24(value) else datetime.fromisoformat(value)
        if moment and moment.tzinfo:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):  # no such day; out of the range
        moment = None
    if moment is None:
        raise BadValueError("not_a_date", f"'{shown(value)}' is not a day and time that exist, {_DATE_RANGE}")
    return moment.isoformat(" ")


def totals(column: Sequence[str]) -> Sequence[str]:
    """All of a column at once, where none has to be written differently."""
    joined = "\n".join(column) + "\n"
    if _are_amounts(joined) and joined.count("\n") == len(column):
        return column
    return list(map(total, column))


def dates(column: Sequence[str]) -> Sequence[str]:
    """All of a column at once, where they are times of one plain form, which PostgreSQL reads as Python does."""
    lengths = set(map(len, column))
    joined = "".join(column)
    is_plain = len(lengths) == 1 and any(
        joined.translate(_TO_ZERO) == form * len(column) for form in _PLAIN_TIMES if len(form) in lengths
    )
    if not is_plain or " 24:" in joined:  # newer Pythons take that for the next day's midnight
        return list(map(date, column))
    try:
        list(map(datetime.fromisoformat, column))
    except ValueError:
        return list(map(date, column))
    return column


class Remembered(dict[str, str]):
    """A function of short texts that come again and again. Errors are not remembered, nor are long texts."""

    MOST_TEXTS = 50_000
    MOST_CHARACTERS = 64

    def __init__(self, function: Callable[[str], str]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, value: str) -> str:
        text = self._function(value)
        if len(value) <= self.MOST_CHARACTERS:
            if len(self) >= self.MOST_TEXTS:
                self.clear()
            self[value] = text
        return text

    def of_all(self, column: Sequence[str]) -> list[str]:
        return list(map(self.__getitem__, column))
