"""A file of deals, whole: what is accepted, what is refused, and where the fault is."""

import csv
import io
import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.deals.parser import closely, deals
from apps.deals.parser.rows import Rows
from tests.unit.deals.support import DEAL, HEADER, LIMITS, lines, read

OK = ["anna", "Ruby", "100", "1", "2018-12-14 08:29:52.506166"]
TABLE = lines(HEADER, DEAL, DEAL)


@pytest.mark.parametrize(
    "content",
    [
        TABLE,
        TABLE.removesuffix("\n"),
        "\ufeff" + TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace("\n", "\r"),
        lines(HEADER, DEAL) + DEAL + "\r\n",
        TABLE.replace(",", ";"),
        TABLE.replace(",", "\t"),
        TABLE.replace(",", "|"),
        "sep=;\r\n" + TABLE.replace(",", ";"),
        '"SEP=;"\n' + TABLE.replace(",", ";"),
        "sep=\t\n" + TABLE.replace(",", "\t"),
        "sep=,\n\n\n" + TABLE,
        "\n\n" + TABLE,
        lines(HEADER, "", DEAL, "   ", DEAL, "", ""),
        TABLE.replace(HEADER, "Customer,ITEM,tOTAL,Quantity,DATE"),
        TABLE.replace(HEADER, '"customer","item","total","quantity","date"'),
        TABLE.replace("Ruby", '"Ruby"').replace("100", '"100"'),
        lines("date,total,quantity,item,customer", *["2018-12-14 08:29:52.506166,100,1,Ruby,anna"] * 2),
        TABLE.replace("2018-12-14 08:29:52.506166", "2018-12-14T11:29:52.506166+03:00"),
    ],
    ids=[
        "plain", "no end of line at the end", "mark", "CRLF", "CR", "mixed line ends", "semicolon", "tab", "bar",
        "sep=", "quoted SEP=", "sep= tab", "sep= and blank lines", "blank lines before", "blank lines within",
        "letter case", "quoted header", "quoted values", "other order", "offset",
    ],
)  # fmt: skip
def test_every_accepted_form_says_the_same(content: str) -> None:
    found = read(content)

    assert found.faults == []
    assert found.rows == [OK, OK]
    assert found.file.rows == 2


@pytest.mark.parametrize("codec", ["cp1251", "utf-16", "utf-8-sig"])
def test_every_accepted_encoding_says_the_same(codec: str) -> None:
    content = lines(HEADER, DEAL, DEAL.replace("Ruby", "Рубин"))

    assert read(content.encode(codec)).rows == read(content).rows


def test_other_columns_are_ignored_and_named() -> None:
    found = read(lines(f"note,{HEADER},,Note 2", f'"x, y",{DEAL},,=1+1'))

    assert found.rows == [OK]
    assert found.file.header
    assert found.file.header.ignored == ["note", "Note 2"]


def test_quoted_values_may_hold_anything() -> None:
    found = read(lines(HEADER, '"a, ""b""","c\r\nd\n\ne",1,1,2018-12-14', DEAL))

    assert found.faults == []
    assert found.rows == [['a, "b"', "c\\r\\nd\\n\\ne", "1", "1", "2018-12-14 00:00:00"], OK]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("most", [1, 7, 1 << 30])
def test_a_quote_within_a_value_is_a_character_like_others_whatever_follows_it(delimiter: str, most: int) -> None:
    text = lines(
        f"note,{HEADER}",
        'a "quoted" word,5" bob,Ruby,1,1,2018-12-14',
        'x,"a, ""b""\n5"" c",6" ruby,1,1,2018-12-14',
        *['7",anna,"Ruby\n",1,1,2018-12-14'] * 3,
    )

    found = read(text.replace(",", delimiter), most=most)

    assert found.faults == []
    date = "2018-12-14 00:00:00"
    assert found.rows == [
        ['5" bob', "Ruby", "1", "1", date],
        [f'a{delimiter} "b"\\n5" c'.replace("\t", "\\t"), '6" ruby', "1", "1", date],
        *[["anna", "Ruby\\n", "1", "1", date]] * 3,
    ]


@pytest.mark.parametrize("note", ['5" pipe', '"5"" pipe"', '5" x 6" pipe'])
def test_a_file_of_any_length_is_read_as_a_short_one_is(note: str) -> None:
    """What a block of the file ends with decides nothing."""
    deal = f"{note},{DEAL}"

    found = read(lines(f"note,{HEADER}", *[deal] * 5_000))

    assert found.faults == []
    assert found.file.rows == 5_000


@pytest.mark.parametrize(
    "text",
    [
        '"' + "\n" * 400_000 + f'",{HEADER}\n1,{DEAL}\n',
        "\n" * 400_000 + lines(HEADER, DEAL),
        " \r\n" * 400_000 + lines(HEADER, DEAL),
        f"x,{HEADER}\n" + '"' * 400_000 + f",{DEAL}\n",
        f"x,{HEADER}\na" + '"' * 400_000 + f",{DEAL}\n",
        f"x,{HEADER}\n" + '",' * 200_000 + f",{DEAL}\n",
        f"x,{HEADER}\n" + '"",' * 200_000 + f",{DEAL}\n",
    ],
    ids=[
        "line ends in the header", "blank lines", "blank lines with spaces", "quotes", "quotes within a value",
        "a quote each value", "two quotes each value",
    ],
)  # fmt: skip
def test_no_file_takes_a_time_that_grows_faster_than_the_file(text: str) -> None:
    began = time.process_time()

    read(text, limits=deals.Limits(field_bytes=1_000, record_bytes=1 << 20))

    assert time.process_time() - began < 20  # it takes less than one; hours if it were quadratic


NO_CSV = "line 1: there is a NUL byte: this is no CSV file in a known encoding"
AMOUNTS = "from 0 to 999999999999.99 in digits, with a point and two decimals at most"
TIMES = "from 0001-01-01 00:00:00 to 9999-12-31 23:59:59.999999 in UTC"
FORMS = "2018-12-14, 2018-12-14 08:29, 2018-12-14 08:29:52.5 or 2018-12-14T08:29:52+03:00"
HIDDEN = "has a space or another character that is not seen around the name"
SAVE_OR_DECLARE = "save the file as UTF-8, or send charset=windows-1251 with it if it is that"
OPEN_QUOTE = "a quote is opened here and not closed at the end of the value"

#: What is wrong → the file, and the first fault.
REFUSED: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "line 1: there is no header in the file"),
    "blank lines": ("\n\n", "line 1: there is no header in the file"),
    "header only": (lines(HEADER), "line 1: there is no deal in the file"),
    "header only below sep=": (lines("sep=,", HEADER, ""), "line 2: there is no deal in the file"),
    "no header": (
        lines(DEAL),
        "line 1: this is no header: none of the columns customer, item, total, quantity, date is named",
    ),
    "missing column": (lines("customer,item,total,quantity", "a,b,1,1"), "line 1, column date: the column is missing"),
    "name with a space": (
        lines("", " " + HEADER),
        f"line 2, column customer: the column is missing: ' customer' {HIDDEN}",
    ),
    "name with two marks": (
        "\ufeff\ufeff" + lines(HEADER),
        f"line 1, column customer: the column is missing: '\\ufeffcustomer' {HIDDEN}",
    ),
    "names with spaces": (
        lines(" Customer ; item; total ; quantity ; date", DEAL.replace(",", ";")),
        f"line 1, column customer: the column is missing: ' Customer ' {HIDDEN}",
    ),
    "name with a space that does not break": (
        lines(HEADER.replace("total", "total\u00a0\u200b")),
        f"line 1, column total: the column is missing: 'total\\xa0\\u200b' {HIDDEN}",
    ),
    "name with many spaces": (
        lines(HEADER.replace("total", "total" + " " * 5_000)),
        f"line 1, column total: the column is missing: 'total{' ' * 95}…' {HIDDEN}",
    ),
    "column twice": (lines(f"{HEADER},Total", f"{DEAL},1"), "line 1, column Total: the column is there twice"),
    "other column twice": (lines(f"x,{HEADER},X", f"1,{DEAL},1"), "line 1, column X: the column is there twice"),
    "1 205 columns": (
        lines(",".join([HEADER, *"abc" * 400])),
        "line 1: there are 1205 columns; at most 1000 are accepted",
    ),
    "short row": (lines(HEADER, DEAL, "a,b,1"), "line 3, column quantity: the row has 3 values, the header has 5"),
    "long row": (lines(HEADER, DEAL, DEAL + ","), "line 3: the row has 6 values, the header has 5"),
    "decimal comma": (lines(HEADER, DEAL.replace("100", "1,5")), "line 2: the row has 6 values, the header has 5"),
    "end of data for psql": (lines(HEADER, DEAL, "\\."), "line 3, column item: the row has 1 values, the header has 5"),
    "empty quoted row": (lines(HEADER, DEAL, '""'), "line 3, column item: the row has 1 values, the header has 5"),
    "delimiters only": (lines(HEADER, DEAL, ",,,,"), "line 3, column customer: there is no value"),
    "white space for a customer": (lines(HEADER, f" {DEAL[4:]}"), "line 2, column customer: there is no value"),
    "no item": (lines(HEADER, DEAL, DEAL.replace("Ruby", "")), "line 3, column item: there is no value"),
    "NUL": (lines(HEADER, DEAL.replace("Ruby", "R\0")), "line 2, column item: there is a NUL byte in the value"),
    "NUL in the header": (lines(HEADER.replace("item", "it\0em"), DEAL), NO_CSV),
    "NUL in another column": (
        lines(f"{HEADER},x", f"{DEAL},\0"),
        "line 2, column x: there is a NUL byte in the value",
    ),
    "no money": (
        lines("DATE,customer,item,Total,quantity", "2018-12-14,a,b,abc,1"),
        "line 2, column Total: 'abc' is not an amount of money",
    ),
    "negative": (
        lines(HEADER, DEAL.replace("100", "-1")),
        f"line 2, column total: '-1' is not an amount of money {AMOUNTS}",
    ),
    "part of a gem": (
        lines(HEADER, DEAL.replace(",1,", ",1.0,")),
        "line 2, column quantity: '1.0' is not a whole number",
    ),
    "no such day": (
        lines(HEADER, "a,b,1,1,2019-02-29"),
        f"line 2, column date: '2019-02-29' is not a day and time that exist, {TIMES}",
    ),
    "open quote": (lines(HEADER, DEAL, '"a,b,1,1,2018-12-14', DEAL), f"line 3: {OPEN_QUOTE}"),
    "text behind a quote": (lines(HEADER, DEAL, '"a"b,c,1,1,2018-12-14', DEAL), f"line 3: {OPEN_QUOTE}"),
    "fault between quotes of inches": (
        lines(HEADER, 'a,5" ruby,1,1,2018-12-14', 'a,"6"" ruby",z,1,2018-12-14', 'a,7" ruby,1,1,2018-12-14'),
        "line 3, column total: 'z' is not an amount of money",
    ),
    "below a value of two lines": (
        lines(HEADER, '"a\nb",c,1,1,2018-12-14', "", "x,y,z,1,2018-12-14"),
        "line 5, column total: 'z' is not an amount of money",
    ),
    "long name": (
        lines(HEADER, "a" * 1_001 + DEAL[4:]),
        "line 2, column customer: the value is longer than 1000 bytes",
    ),
    "long row of letters": (lines(HEADER, DEAL, "a" * 10_000), "line 3: the row is longer than 10000 bytes"),
    "quote open for long": (
        lines(HEADER, DEAL, '"' + "a\n" * 9_000),
        "line 3: a quote is opened here and not closed within 10000 bytes",
    ),
    "one line": ("a" * 10_001, "line 1: the row is longer than 10000 bytes"),
    "UTF-16 without its mark": (lines(HEADER, DEAL).encode("utf-16-le"), NO_CSV),
    "latin-1": (
        lines(HEADER, DEAL, "café" + DEAL).encode("latin-1"),
        f"line 3: the byte 0xE9 at offset 80 of the file is not UTF-8: {SAVE_OR_DECLARE}",
    ),
    "zip": (b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(range(256)), NO_CSV),
    "PNG": (
        b"\x89PNG\r\n\x1a\n",
        f"line 1: the byte 0x89 at offset 0 of the file is not UTF-8: {SAVE_OR_DECLARE}",
    ),
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("name", REFUSED)
def test_every_refused_form_is_refused_with_its_line_and_column(name: str, end: str) -> None:
    content, sentence = REFUSED[name]
    if isinstance(content, str):
        content = content.replace("\r\n", "\n").replace("\n", end)

    found = read(content)

    assert found.faults[0] == sentence


@pytest.mark.parametrize("most", [1, 7, 100])
def test_faults_are_found_wherever_the_pieces_end(most: int) -> None:
    for content, sentence in REFUSED.values():
        assert read(content, most=most).faults[0] == sentence


#: What may stand above a line, with and without the header.
ABOVE = [
    [],
    [""],
    [HEADER],
    [HEADER, DEAL],
    [HEADER, "", DEAL, " ", DEAL, ""],
    ["", "", HEADER],
    ["", " ", HEADER, DEAL],
    ["sep=,"],
    ["sep=,", HEADER],
    ["sep=,", "", HEADER, DEAL],
    [HEADER, '"a', 'b",Ruby,1,1,2018-12-14'],
]


@pytest.mark.parametrize("most", [1, 7, 1 << 30])
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_what_is_no_text_is_found_on_the_line_where_an_editor_shows_it(end: str, codec: str, most: int) -> None:
    name = "UTF-8" if codec.startswith("utf-8") else "UTF-16"
    bad = b"\xff" if name == "UTF-8" else "\ud800".encode(codec, "surrogatepass")
    mark = "\ufeff" if name == "UTF-16" else ""

    for above, before_it in product(ABOVE, ["", "x", "x,Ruby,1"]):
        text = (mark + lines(*above, end=end) + before_it).encode(codec)
        found = read(text + bad + f",x,1,1,2018-12-14{end}".encode(codec.removesuffix("-sig")), most=most)

        assert len(found.faults) == 1
        assert found.faults[0].startswith(f"line {len(above) + 1}: the byte 0x")
        assert f"at offset {len(text)} of the file is not {name}" in found.faults[0]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("above", [[], [HEADER, DEAL]], ids=["header", "row"])
def test_what_is_no_text_within_a_record_of_several_lines_is_told_where_the_record_starts(
    above: list[str], end: str
) -> None:
    found = read(lines(*above, '"a', "b", end=end).encode() + b"\xff")

    assert [fault[: fault.index(":")] for fault in found.faults] == [f"line {len(above) + 1}"]


def test_all_faults_of_a_row_and_of_a_file_are_told() -> None:
    found = read(lines(HEADER, "a,b,x,y,z", DEAL, "a,,1,1,2018-12-14", "a,b"))

    assert found.faults == [
        "line 2, column total: 'x' is not an amount of money",
        "line 2, column quantity: 'y' is not a whole number from 1 to 2147483647",
        f"line 2, column date: 'z' is not a date in a form that is accepted, such as {FORMS}",
        "line 4, column item: there is no value",
        "line 5, column total: the row has 2 values, the header has 5",
    ]
    assert found.file.faults[0].record == "a,b,x,y,z"


def test_every_name_with_spaces_is_told() -> None:
    found = read(lines("customer, item,total ,quantity", DEAL))

    assert found.faults == [
        f"line 1, column item: the column is missing: ' item' {HIDDEN}",
        f"line 1, column total: the column is missing: 'total ' {HIDDEN}",
        "line 1, column date: the column is missing",
    ]


def test_there_is_an_end_to_the_faults() -> None:
    found = read(lines(HEADER, *["a,b,x,1,2018-12-14"] * 5_000))

    assert len(found.faults) == deals.MOST_FAULTS


def test_what_is_shown_of_a_value_is_bounded_and_can_be_stored() -> None:
    fault = read(lines(HEADER, f"a,b,{'x' * 5_000}\0,1,2018-12-14")).file.faults[0]

    assert fault.value == "x" * 100 + "…"
    assert len(fault.record) == 1_001
    assert read(lines(HEADER, "a,b,x\0,1,2018-12-14")).file.faults[0].value == "x\ufffd"


def test_nothing_is_read_after_a_quote_that_is_not_closed() -> None:
    def endless() -> Iterator[bytes]:
        yield lines(HEADER, DEAL, '"').encode()
        while True:
            yield DEAL.encode() + b"\n"

    class Endless:
        def __init__(self) -> None:
            self.pieces = endless()

        def read(self, _size: int) -> bytes:
            return next(self.pieces)

    file = deals.DealsFile(Endless(), limits=LIMITS)
    list(file.rows_for_copy())
    file.find_more_faults()

    assert [fault.code for fault in file.faults] == ["unclosed_quote"]
    assert file.bytes_read < 2 * LIMITS.record_bytes


def valued(rows: list[list[str]]) -> list[list[Decimal | str]]:
    """007 is as much money as 7."""
    return [[*names, Decimal(total), quantity, date] for *names, total, quantity, date in rows]


NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
VALUES = st.tuples(
    NAMES,
    NAMES,
    st.one_of(st.from_regex(r"\A[0-9]{1,13}(\.[0-9]{1,3})?\Z"), NAMES),
    st.one_of(st.integers(0, 2**31).map(str), NAMES),
    st.one_of(st.datetimes().map(str), st.sampled_from(["2018-12-14", "2018-12-14T08:29:52Z", "never"])),
)


@settings(deadline=None)
@given(
    table=st.lists(VALUES, max_size=8),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    delimiter=st.sampled_from(",;\t|"),
    most=st.integers(1, 60),
)
def test_the_fast_way_and_the_close_look_are_of_one_opinion(
    table: list[tuple[str, ...]], end: str, delimiter: str, most: int
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow(HEADER.split(","))
    writer.writerows(table)

    fast = read(text.getvalue(), most=most)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rows, "check", lambda self, block: closely.check(block, self._table, leading=self._leading))
        close = read(text.getvalue(), most=most)

    assert fast.faults == close.faults
    if not fast.faults:
        assert valued(fast.rows) == valued(close.rows)


@settings(deadline=None)
@given(content=st.binary(max_size=400), has_header=st.booleans(), most=st.integers(1, 60))
def test_no_bytes_raise_an_error(content: bytes, has_header: bool, most: int) -> None:
    found = read((lines(HEADER).encode() if has_header else b"") + content, most=most)

    assert found.faults or found.rows
