"""JSON's grammar (RFC 8259) as regular expressions over a piece of text.

All repeats are possessive: no backtracking, so the time is linear whatever the bytes are.
"""

import re
from functools import cache

_SPACE = r"[ \t\n\r]*+"
_CHARACTERS = r'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*+)*+'
_STRING = rf'"{_CHARACTERS}"'
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+(?![0-9.eE+-])"
_SCALAR = rf"(?:{_STRING}|{_NUMBER}|true|false|null)"


def _container(value: str) -> str:
    """An array or object of such values. Behind each stands a comma and another one, or the end."""
    end = rf"{_SPACE}(?:,{_SPACE}(?![\]}}])|(?=[\]}}]))"
    return rf"(?:\[{_SPACE}(?:{value}{end})*+\]|\{{{_SPACE}(?:{_STRING}{_SPACE}:{_SPACE}{value}{end})*+\}})"


def _small(levels: int) -> str:
    """A value of at most so many levels. The expression doubles with each."""
    return rf"(?:{_SCALAR}|{_container(_small(levels - 1))})" if levels else _SCALAR


#: Most data has no more, so that it is passed in runs alone.
RUN_LEVELS = 4

SPACE = re.compile(_SPACE)
STRING = re.compile(_STRING)
#: What a string goes on with, without its end.
CHARACTERS = re.compile(_CHARACTERS)
SCALAR = re.compile(_SCALAR)

_FLAT = re.compile(_container(_SCALAR))


# Runs: many items at once, none of more than so many levels, each with the comma behind it; and one value alone.
# Made when first needed, as that takes tens of milliseconds which a process that reads no JSON can do without.


@cache
def elements(levels: int) -> re.Pattern[str]:
    return re.compile(rf"(?:{_SPACE}{_small(levels)}{_SPACE},)*+")


@cache
def members(levels: int) -> re.Pattern[str]:
    return re.compile(rf"(?:{_SPACE}{_STRING}{_SPACE}:{_SPACE}{_small(levels)}{_SPACE},)*+")


@cache
def value(levels: int) -> re.Pattern[str]:
    return re.compile(_small(levels))


def end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where the match at `at` ends, of a pattern that matches nothing at worst."""
    found = pattern.match(text, at)
    return found.end() if found else at


def items_in(run: str) -> int:
    """How many items a run has: the commas that are in none of them."""
    return value(RUN_LEVELS).sub("", run).count(",")


def depth_of(run: str) -> int:
    """How many levels there are in the items of a run."""
    bare = STRING.sub('""', run)
    depth = 0
    while "[" in bare or "{" in bare:
        bare = _FLAT.sub("0", bare)
        depth += 1
    return depth
