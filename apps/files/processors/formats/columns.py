"""Guesses what the columns of a table hold, from every value of every row.

A type is what all values of a column look like; values of white space only say nothing. The looks, by examples:
`-12` integer (a leading zero makes it text, as codes have those), `3.50` and `1e6` decimal (`3,50` too where the
comma does not delimit), `true` and `no` boolean, `2026-11-20` and `20.11.2026` date, `2026-11-20 10:00` datetime.
"""

import re
from collections.abc import Callable

EMPTY, TEXT = "empty", "text"

_INTEGER = r"[+-]?(?:0|[1-9][0-9]*)"
_DATE = (
    r"(?:[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[1-9]|[12][0-9]|3[01])\.(?:0[1-9]|1[0-2])\.[0-9]{4})"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_LOOKS = {
    EMPTY: r"",
    "integer": _INTEGER,
    "decimal": rf"{_INTEGER}(?:POINT[0-9]+)?(?:[eE][+-]?[0-9]+)?",
    "boolean": r"(?i:true|false|yes|no)",
    "date": _DATE,
    "datetime": rf"{_DATE}(?:[T ]{_TIME})?",
}
#: What a column may turn out to be when a value does not look like the type so far; the first that fits.
_WIDER = {
    EMPTY: ("integer", "decimal", "boolean", "date", "datetime"),
    "integer": ("decimal",),
    "date": ("datetime",),
}


def _looks(point: str) -> dict[str, Callable[[str], re.Match[str] | None]]:
    # White space around a value does not change what it is. Possessive, as a value may be megabytes of it.
    return {name: re.compile(rf"\s*+{look.replace('POINT', point)}\s*+").fullmatch for name, look in _LOOKS.items()}


_WITH_POINT, _WITH_POINT_OR_COMMA = _looks(r"\."), _looks("[.,]")


class ColumnTypes:
    """The types of the first `width` columns; `types` is the answer so far.

    A column found to be text is watched no longer, so a table mostly of text costs little.
    """

    def __init__(self, width: int, *, decimal_comma: bool = False) -> None:
        self.types = [EMPTY] * width
        self._looks = _WITH_POINT_OR_COMMA if decimal_comma else _WITH_POINT
        self._fits = [self._looks[EMPTY]] * width
        self._watched = list(range(width))

    def add(self, row: list[str]) -> None:
        width = len(row)
        surprised = [
            index for index in self._watched if index < width and row[index] and not self._fits[index](row[index])
        ]
        for index in surprised:
            self._widen(index, row[index])

    def _widen(self, index: int, value: str) -> None:
        if not value.strip():
            return
        candidates = _WIDER.get(self.types[index], ())
        self.types[index] = next((name for name in candidates if self._looks[name](value)), TEXT)
        if self.types[index] == TEXT:
            self._watched.remove(index)
        else:
            self._fits[index] = self._looks[self.types[index]]
