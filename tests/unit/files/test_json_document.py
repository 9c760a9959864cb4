"""What is found in JSON, and how it is said where it is broken."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.files.errors import Unprocessable
from apps.files.processors import json_document
from apps.files.processors.base import Context
from apps.files.processors.formats import json_scanner
from tests.unit.files.conftest import Inspect
from tests.unit.files.memory import processed_alone

OUTLINES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "an object": (b'{"a": 1, "b": [2, 3]}', {"type": "object", "depth": 2, "length": 2, "keys": ["a", "b"]}),
    "an array": (b"[1, [2, [3]], {}]", {"type": "array", "depth": 3, "length": 3}),
    "an empty object": (b"{ }", {"type": "object", "depth": 1, "length": 0, "keys": []}),
    "an empty array": (b" [\n] ", {"type": "array", "depth": 1, "length": 0}),
    "a string": (b'"text"', {"type": "string", "depth": 0}),
    "a number": (b" -1.5e+3 ", {"type": "number", "depth": 0}),
    "true": (b"true", {"type": "boolean", "depth": 0}),
    "null": (b"null\n", {"type": "null", "depth": 0}),
    "a mark": (b"\xef\xbb\xbf[1]", {"type": "array", "depth": 1, "length": 1}),
    "UTF-16": ('["я"]'.encode("utf-16"), {"type": "array", "depth": 1, "length": 1}),
    "UTF-16 without a mark": ('["abc"]'.encode("utf-16-be"), {"type": "array", "depth": 1, "length": 1}),
    "names twice": (b'{"a": 1, "a": 2}', {"type": "object", "depth": 1, "length": 2, "keys": ["a", "a"]}),
    "escaped names": (rb'{"\u0041\n": 1}', {"type": "object", "depth": 1, "length": 1, "keys": ["A\n"]}),
    "names that cannot be stored": (
        rb'{"a\u0000\ud800": 1}',
        {"type": "object", "depth": 1, "length": 1, "keys": ["a\ufffd\ufffd"]},
    ),
    "a lone surrogate": (rb'["\ud800"]', {"type": "array", "depth": 1, "length": 1}),
    "a large number": (b"[" + b"9" * 5000 + b", 1e999999]", {"type": "array", "depth": 1, "length": 2}),
}


@pytest.mark.parametrize(("data", "expected"), OUTLINES.values(), ids=OUTLINES.keys())
def test_the_shape_is_told(inspect: Inspect, data: bytes, expected: dict[str, Any]) -> None:
    result = inspect(data, "a.json").result
    assert {key: value for key, value in result.items() if key not in {"sha256", "mismatch"}} == expected


BROKEN = {
    "nothing": (b" \n ", "line 2, column 2: there is no JSON value"),
    "two values": (b"[1]\n[2]", "line 2, column 1: something follows the end of the JSON value"),
    "a comma too many": (b"[1,]", "line 1, column 4: ']' is not a JSON value"),
    "a comma too many in an object": (b'{"a": 1,\n}', "line 2, column 1: expected a name in double quotes"),
    "a comma missing": (b'{"a": 1\n "b": 2}', "line 2, column 2: expected a comma or }"),
    "a colon missing": (b'{"a" 1}', "line 1, column 6: expected a colon"),
    "a value missing": (b'{"a":\n  }', "line 2, column 3: '}' is not a JSON value"),
    "no quotes": (b"{a: 1}", "line 1, column 2: expected a name in double quotes"),
    "single quotes": (b"['a']", "line 1, column 2: \"'a']\" is not a JSON value"),
    "not a number": (b"[NaN]", "line 1, column 2: 'NaN]' is not a JSON value"),
    "white space of other sorts": (b"[\x0b1]", r"line 1, column 2: '\x0b' is not a JSON value"),
    "a leading zero": (b"[01]", "line 1, column 2: '01]' is not a JSON value"),
    "a comment": (b"[1 // one\n]", "line 1, column 4: expected a comma or ]"),
    "the wrong bracket": (b'{"a": [1}', "line 1, column 9: expected a comma or ]"),
    "an end too early": (b'{"a": [1', "line 1, column 9: expected a comma or ]"),
    "an end within a string": (b'["abc', "line 1, column 6: the text ends within a string"),
    "an end before a value": (b'{"a": ', "line 1, column 7: the text ends where a value is expected"),
    "a newline in a string": (b'["a\nb"]', "line 1, column 4: a control character, '\\n', within a string"),
    "a bad escape": (rb'["a\x41"] and more', "line 1, column 4: not a valid escape"),
    "a short escape": (rb'["\u00"]', "line 1, column 3: not a valid escape"),
    "a byte that is not UTF-8": (b'{\n"a": "\xe9"}', "line 2, column 7: byte 0xE9 is not utf-8"),
    "Windows-1251": ('{"имя": 1}'.encode("cp1251"), "line 1, column 3: byte 0xE8 is not utf-8"),
    "half a character": ('["я'.encode()[:-1], "line 1, column 3: byte 0xD1 is not utf-8"),
    "columns are characters": ('["яя", x]'.encode(), "line 1, column 8: 'x]' is not a JSON value"),
}


@pytest.mark.parametrize(("data", "detail"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_json_is_a_fault_with_line_and_column(inspect: Inspect, data: bytes, detail: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        inspect(data, "a.json")
    assert (caught.value.code, caught.value.detail) == ("invalid_json", detail)


def test_the_first_hundred_names_are_shown_and_all_are_counted(inspect: Inspect) -> None:
    content = {f"name {number}": {"deep": [number, {}]} for number in range(5000)}
    result = inspect(json.dumps(content).encode(), "a.json").result
    assert (result["length"], result["depth"]) == (5000, 4)
    assert result["keys"] == list(content)[:100]


def test_white_space_may_be_longer_than_what_is_looked_at_at_once(inspect: Inspect) -> None:
    space = b" \n" * 500_000
    data = space + b'{"a"' + space + b":" + space + b"[1" + space + b"," + space + b"2]" + space + b"}" + space
    result = inspect(data, "a.json").result
    assert (result["depth"], result["length"], result["keys"]) == (2, 1, ["a"])


def test_long_names_are_cut(inspect: Inspect) -> None:
    content = '{"' + "n" * 1_000_000 + '": 1, "\\u0041' + "m" * 500 + '": 2}'
    assert inspect(content.encode(), "a.json").result["keys"] == ["n" * 200, "A" + "m" * 199]


def test_a_hundred_thousand_levels_are_told(inspect: Inspect) -> None:
    assert inspect(b"[" * 100_000 + b"]" * 100_000, "a.json").result["depth"] == 100_000


def test_a_hundred_thousand_levels_of_objects_are_told(inspect: Inspect) -> None:
    assert inspect(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "a.json").result["depth"] == 100_000


def test_unclosed_levels_are_a_fault(inspect: Inspect) -> None:
    with pytest.raises(Unprocessable, match="line 1, column 100001: the text ends where a value is expected"):
        inspect(b"[" * 100_000, "a.json")


def test_more_than_a_million_levels_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_bytes(b"[" * 1_000_001)
    assert processed_alone(path, "a.json").code == "too_deep"


def test_a_number_of_a_hundred_thousand_digits_is_refused(inspect: Inspect) -> None:
    with pytest.raises(Unprocessable) as caught:
        inspect(b"[" + b"7" * 1_000_000 + b"]", "a.json")
    assert caught.value.code == "number_too_long"


def test_work_is_reported_to_the_end(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    path.write_bytes(b"[" + b"[1], " * 200_000 + b"2]")
    size, reports = path.stat().st_size, list[int]()
    context = Context(path, "", "", "application/json", size, lambda done, _total: reports.append(done))
    json_document.process(context)
    assert reports == sorted(reports)
    assert reports[-1] == size


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner, max_size=5),
    max_leaves=40,
)


def _outline(text: str, *, block_characters: int = 1 << 18) -> json_scanner.Outline:
    blocks = [text[at : at + block_characters] for at in range(0, len(text), block_characters)]
    return json_scanner.outline(iter(blocks))


@given(_values, st.sampled_from([None, 1]), st.booleans(), st.integers(1, 50))
def test_the_shape_is_that_of_the_value_built_by_the_standard_library(
    value: object, indent: int | None, ensure_ascii: bool, block_characters: int
) -> None:
    outline = _outline(json.dumps(value, indent=indent, ensure_ascii=ensure_ascii), block_characters=block_characters)
    assert outline.depth == _depth(value)
    if isinstance(value, dict | list):
        assert outline.length == len(value)
    if isinstance(value, dict):
        assert outline.names == list(value)


def _is_json(text: str) -> bool:
    def refuse(constant: str) -> None:
        raise ValueError(constant)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


@given(st.text(alphabet='{}[]",:\\ \nabtrufalsen0123456789.-+eEN\x01я', max_size=30))
@example("[1,[2,]]")
@example('{"a":[1,{"b":2,}]}')
@example("[[1 2]]")
@example('[{"a" 1}]')
@example('["\\u12"]')
@example("[[],[,]]")
@example("[[1],[2]9]")
@example('[{"a":1},{"b":2}null]')
@example('{"a":[1],"b":[2]"c"}')
@example("[1.5.2]")
@example("-")
def test_what_is_json_is_agreed_with_the_standard_library(text: str) -> None:
    try:
        _outline(text)
    except Unprocessable:
        accepted = False
    else:
        accepted = True
    assert accepted == _is_json(text)


@given(_values, st.data())
def test_small_changes_are_judged_as_by_the_standard_library(value: object, data: st.DataObject) -> None:
    text = json.dumps([[1], value, {"a": [2]}])
    at = data.draw(st.integers(0, len(text) - 1))
    put_in = data.draw(st.sampled_from([*'{}[]",:\\ 0-.e', "null", ""]))
    changed = text[:at] + put_in + text[at + data.draw(st.integers(0, 1)) :]
    try:
        _outline(changed, block_characters=data.draw(st.sampled_from([1, 7, 1 << 18])))
    except Unprocessable:
        assert not _is_json(changed)
    else:
        assert _is_json(changed)
