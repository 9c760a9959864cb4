"""Reads a JSON text in one pass and bounded memory, builds nothing of it, and tells where it is broken: line and
column from 1, in characters.

It walks from value to value with a stack of one byte a level, so depth costs no recursion. Where many values in
a row need no look each (`json_grammar`, runs), one match takes them all: that is only for speed. Memory: a window
of 320 Ki characters, and the stack.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from apps.files.errors import Unprocessable
from apps.files.processors.formats import json_grammar as grammar

#: Whatever decides a step, a number, a name or a keyword, lies within so many characters.
RESERVE_CHARACTERS = 64 * 1024
MOST_DEPTH = 1_000_000
MOST_NAMES = 100

MOST_NAME_CHARACTERS = 200
ESCAPE_CHARACTERS = 6

ARRAY, OBJECT = ord("["), ord("{")
CONTAINERS = {"[", "{"}
CLOSING = {ARRAY: "]", OBJECT: "}"}
TYPES = {"{": "object", "[": "array", '"': "string", "t": "boolean", "f": "boolean", "n": "null"}


@dataclass
class Outline:
    """The shape of a JSON text. `length` and `names` are those of an array or object at the top."""

    type: str = ""
    depth: int = 0
    length: int = 0
    names: list[str] = field(default_factory=list)


class Window:
    """The piece of text being looked at, and where it lies in the whole."""

    def __init__(self, blocks: Iterator[str]) -> None:
        self._blocks = blocks
        self._line, self._column = 1, 1
        self.text = ""
        self.at = 0
        self.is_last = False

    def fill(self) -> None:
        """Have at least RESERVE_CHARACTERS ahead, or all there is."""
        while not self.is_last and len(self.text) - self.at < RESERVE_CHARACTERS:
            try:
                block = next(self._blocks, None)
            except UnicodeDecodeError as error:
                self.at = len(self.text)
                raise self.broken(f"byte 0x{error.object[error.start]:02X} is not {error.encoding}") from None
            self.is_last = block is None
            self._line, self._column = self._position()
            self.text, self.at = self.text[self.at :] + (block or ""), 0

    def peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            self.fill()
            self.at = grammar.end_of(grammar.SPACE, self.text, self.at)
            if self.at < len(self.text) or self.is_last:
                return self.text[self.at : self.at + 1]

    def broken(self, problem: str, *, code: str = "invalid_json") -> Unprocessable:
        line, column = self._position()
        return Unprocessable(code, f"line {line}, column {column}: {problem}")

    def _position(self) -> tuple[int, int]:
        newlines = self.text.count("\n", 0, self.at)
        if not newlines:
            return self._line, self._column + self.at
        return self._line + newlines, self.at - self.text.rfind("\n", 0, self.at)


def outline(blocks: Iterator[str]) -> Outline:
    """The outline of the JSON text in these blocks. Raises Unprocessable."""
    return _Scanner(Window(blocks)).scan()


class _Scanner:
    """`stack` has the opening bracket of every container that the place looked at is in."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.stack = bytearray()
        self.outline = Outline()
        self.is_item_next = False

    def scan(self) -> Outline:
        first = self.window.peek()
        if not first:
            raise self.window.broken("there is no JSON value")
        self.outline.type = TYPES.get(first, "number")
        self._value()
        while self.stack:
            if self.is_item_next:
                self._item()
            else:
                self._comma_or_end()
        if self.window.peek():
            raise self.window.broken("something follows the end of the JSON value")
        return self.outline

    def _item(self) -> None:
        """One element or member, up to its end or into it; and before it all that need no look each."""
        passed = self._run()
        if len(self.stack) == 1:
            self.outline.length += passed + 1
        if self.stack[-1] == OBJECT:
            self._name()
        self._value()

    def _run(self) -> int:
        """Pass a run of items, and count them where they are those of the top."""
        window, level, is_object = self.window, len(self.stack), self.stack[-1] == OBJECT
        if is_object and level == 1 and len(self.outline.names) < MOST_NAMES:
            return 0
        window.fill()
        begin = window.at
        self._pass_by(grammar.members if is_object else grammar.elements)
        return grammar.items_in(window.text[begin : window.at]) if level == 1 else 0

    def _pass_by(self, pattern: Callable[[int], re.Pattern[str]]) -> bool:
        """Pass what matches, and see how deep it is where that may be deeper than anything so far."""
        window, level = self.window, len(self.stack)
        begin, known = window.at, min(self.outline.depth - level, grammar.RUN_LEVELS)
        window.at = grammar.end_of(pattern(known), window.text, begin)
        if window.at == begin and known < grammar.RUN_LEVELS:
            window.at = grammar.end_of(pattern(grammar.RUN_LEVELS), window.text, begin)
            found = level + grammar.depth_of(window.text[begin : window.at])
            self.outline.depth = max(self.outline.depth, found)
        return window.at > begin

    def _name(self) -> None:
        window = self.window
        if window.peek() != '"':
            raise window.broken("expected a name in double quotes")
        if len(self.stack) == 1 and len(self.outline.names) < MOST_NAMES:
            self.outline.names.append(_beginning_of_string(window.text, window.at))
        self._string()
        if window.peek() != ":":
            raise window.broken("expected a colon")
        window.at += 1

    def _value(self) -> None:
        """A scalar or a small container to its end, a large container to its first item."""
        window, char = self.window, self.window.peek()
        self.is_item_next = False
        if char == '"':
            self._string()
        elif char in CONTAINERS:
            # The top is always opened, as its items are counted.
            if not (self.stack and self._pass_by(grammar.value)):
                self._open(ord(char))
        else:
            found = grammar.SCALAR.match(window.text, window.at)
            if not found:
                raise window.broken(_unexpected(window.text[window.at : window.at + 20]))
            if found.end() == len(window.text) and not window.is_last:
                raise window.broken("a number of tens of thousands of digits", code="number_too_long")
            window.at = found.end()

    def _open(self, container: int) -> None:
        self.stack.append(container)
        self.outline.depth = max(self.outline.depth, len(self.stack))
        if len(self.stack) > MOST_DEPTH:
            raise self.window.broken(f"more than {MOST_DEPTH} levels deep", code="too_deep")
        self.window.at += 1
        self.is_item_next = self.window.peek() != CLOSING[container]
        if not self.is_item_next:
            self._close()

    def _close(self) -> None:
        self.window.at += 1
        self.stack.pop()

    def _comma_or_end(self) -> None:
        char, closing = self.window.peek(), CLOSING[self.stack[-1]]
        if char == closing:
            self._close()
        elif char == ",":
            self.window.at += 1
            self.is_item_next = True
        else:
            raise self.window.broken(f"expected a comma or {closing}")

    def _string(self) -> None:
        """Pass a string, however long."""
        window = self.window
        window.at += 1
        while True:
            window.at = grammar.end_of(grammar.CHARACTERS, window.text, window.at)
            ahead = window.text[window.at : window.at + ESCAPE_CHARACTERS]
            if ahead.startswith('"'):
                window.at += 1
                return
            if window.is_last or len(ahead) == ESCAPE_CHARACTERS:
                raise window.broken(_unexpected_in_string(ahead))
            window.fill()


def _beginning_of_string(text: str, at: int) -> str:
    """What the string at `at` says; as it is written where it does not end within the text."""
    found = grammar.STRING.match(text, at)
    return (str(json.loads(found[0])) if found else text[at + 1 :])[:MOST_NAME_CHARACTERS]


def _unexpected(ahead: str) -> str:
    if not ahead:
        return "the text ends where a value is expected"
    shown = ahead[0] if ahead[0].isspace() else ahead.split(maxsplit=1)[0]
    return f"{shown!r} is not a JSON value"


def _unexpected_in_string(ahead: str) -> str:
    if not ahead:
        return "the text ends within a string"
    return "not a valid escape" if ahead.startswith("\\") else f"a control character, {ahead[0]!r}, within a string"
