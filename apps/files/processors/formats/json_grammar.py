"""JSON's grammar (RFC 8259) as regular expressions over a piece of text.

All repeats are possessive: no backtracking, so the time is linear whatever the bytes are.
"""

import re

_SPACE = r"[ \t\n\r]*+"
_CHARACTERS = r'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*+)*+'
_STRING = rf'"{_CHARACTERS}"'
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+(?![0-9.eE+-])"
_SCALAR = rf"(?:{_STRING}|{_NUMBER}|true|false|null)"


def _container(value: str) -> str:
    """An array or object of such values. Behind each stands a comma and another one, or the end."""
    end = rf"{_SPACE}(?:,{_SPACE}(?![\]}}])|(?=[\]}}]))"
    return rf"(?:\[{_SPACE}(?:{value}{end})*+\]|\{{{_SPACE}(?:{_STRING}{_SPACE}:{_SPACE}{value}{end})*+\}})"


_FLAT = _container(_SCALAR)
_SHALLOW = _container(rf"(?:{_SCALAR}|{_FLAT})")
_SMALL = rf"(?:{_SCALAR}|{_SHALLOW})"

SPACE = re.compile(_SPACE)
STRING = re.compile(_STRING)
#: What a string goes on with, without its end.
CHARACTERS = re.compile(_CHARACTERS)
SCALAR = re.compile(_SCALAR)

# Runs: many items at once, none more than two levels deep, each with the comma behind it.
ELEMENTS = re.compile(rf"(?:{_SPACE}{_SMALL}{_SPACE},)*+")
MEMBERS = re.compile(rf"(?:{_SPACE}{_STRING}{_SPACE}:{_SPACE}{_SMALL}{_SPACE},)*+")
_STRINGS_AND_CONTAINERS = re.compile(rf"{_STRING}|{_SHALLOW}")
_STRINGS_AND_FLATS = re.compile(rf"{_STRING}|{_FLAT}")


def end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where the match at `at` ends, of a pattern that matches nothing at worst."""
    found = pattern.match(text, at)
    return found.end() if found else at


def items_in(run: str) -> int:
    """How many items a run has: the commas that are in none of them."""
    return _STRINGS_AND_CONTAINERS.sub("", run).count(",")


def depth_of(run: str) -> int:
    """How many levels there are in the items of a run: 0, 1 or 2."""
    if "[" not in run and "{" not in run:
        return 0
    deep = _STRINGS_AND_FLATS.sub("", run)
    if "[" in deep or "{" in deep:
        return 2
    flat = STRING.sub("", run)
    return int("[" in flat or "{" in flat)
