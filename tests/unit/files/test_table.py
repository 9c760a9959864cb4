"""What is found in CSV and TSV files, well made and otherwise."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.files.errors import Unprocessable
from apps.files.processors import table
from apps.files.processors.base import Context
from apps.files.processors.formats.columns import ColumnTypes
from apps.files.processors.formats.records import Lines, read
from tests.unit.files.conftest import Inspect, ignore


def columns(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(column["name"], column["type"]) for column in result["columns"]]


def test_the_result_holds_what_the_contract_lists(inspect: Inspect) -> None:
    data = b'day,name,total,paid\r\n2026-11-20,"Ann, B.",12.50,true\r\n2026-11-21,Bob,7,false\r\n'
    result = inspect(data, "a.csv").result
    assert {key: value for key, value in result.items() if key != "sha256"} == {
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "quotechar": '"', "line_terminator": "\r\n", "separator_line": False},
        "rows": 2,
        "short_rows": 0,
        "long_rows": 0,
        "blank_lines": 0,
        "column_count": 4,
        "columns": [
            {"name": "day", "type": "date"},
            {"name": "name", "type": "text"},
            {"name": "total", "type": "decimal"},
            {"name": "paid", "type": "boolean"},
        ],
        "preview": [["2026-11-20", "Ann, B.", "12.50", "true"], ["2026-11-21", "Bob", "7", "false"]],
        "mismatch": None,
    }


DIALECTS = {
    "commas": (b"a,b\n1,2\n", ",", "\n"),
    "semicolons, decimal commas": (b"a;b\r\n1,5;2,5\r\n3,5;4,5\r\n", ";", "\r\n"),
    "tabs": (b"a\tb\n1\t2\n", "\t", "\n"),
    "pipes, CR": (b"a|b\r1|2\r", "|", "\r"),
    "Excel's line": (b"sep=;\r\na;b,c\r\n1;2,3\r\n", ";", "\r\n"),
    "Excel's line behind a mark": (b"\xef\xbb\xbfsep=|\na|b,c\n1|2\n", "|", "\n"),
    "commas within quotes": (b'a;b\n"1,2";"3,4"\n"1,2,3";x\n', ";", "\n"),
    "newlines within quotes": (b'a,b\n"x\n\ny",2\n"z,\r\nz",4\n', ",", "\n"),
    "ragged rows": (b"a,b,c\n1,2,3\n1,2\n1,2,3\n1,2,3,4\n", ",", "\n"),
    "one column": (b"a\n1\n2\n", ",", "\n"),
    "header only": (b"a;b;c", ";", None),
}


@pytest.mark.parametrize(("data", "delimiter", "line_end"), DIALECTS.values(), ids=DIALECTS.keys())
def test_the_dialect_is_found(inspect: Inspect, data: bytes, delimiter: str, line_end: str | None) -> None:
    dialect = inspect(data, "a.csv").result["dialect"]
    assert (dialect["delimiter"], dialect["line_terminator"]) == (delimiter, line_end)


def test_a_tsv_is_split_at_tabs_however_many_commas_it_has(inspect: Inspect) -> None:
    result = inspect(b"a\tb, c\n1, 2\t3, 4\n", "a.tsv").result
    assert result["dialect"]["delimiter"] == "\t"
    assert result["preview"] == [["1, 2", "3, 4"]]


def test_a_tsv_without_tabs_is_split_at_what_it_has(inspect: Inspect) -> None:
    assert inspect(b"a,b\n1,2\n", "a.tsv").result["dialect"]["delimiter"] == ","
    assert inspect(b"a\n1\n", "a.tsv").result["dialect"]["delimiter"] == "\t"


def test_excels_separator_line_is_no_row(inspect: Inspect) -> None:
    result = inspect(b"sep=;\na;b\n1;2\n", "a.csv").result
    assert (result["rows"], columns(result), result["dialect"]["separator_line"]) == (
        1,
        [("a", "integer"), ("b", "integer")],
        True,
    )


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("имя;сумма\nИван;2\n".encode("cp1251"), "windows-1251"),
        ("имя;сумма\nИван;2\n".encode("utf-16"), "utf-16-le"),
        ("имя;сумма\nИван;2\n".encode("utf-8-sig"), "utf-8"),
    ],
    ids=["Windows-1251", "UTF-16", "UTF-8 with a mark"],
)
def test_other_encodings_are_read(inspect: Inspect, data: bytes, encoding: str) -> None:
    result = inspect(data, "a.csv").result
    assert (result["encoding"], columns(result), result["preview"]) == (
        encoding,
        [("имя", "text"), ("сумма", "integer")],
        [["Иван", "2"]],
    )


def test_short_rows_long_rows_and_blank_lines_are_counted(inspect: Inspect) -> None:
    result = inspect(b"\na,b\n1,2\n\n3\n4,5,6\n\n", "a.csv").result
    counted = {name: result[name] for name in ("rows", "short_rows", "long_rows", "blank_lines")}
    assert counted == {"rows": 3, "short_rows": 1, "long_rows": 1, "blank_lines": 3}


def test_a_table_of_only_a_header_has_no_rows(inspect: Inspect) -> None:
    result = inspect(b"a,b\n", "a.csv").result
    assert (result["rows"], columns(result), result["preview"]) == (0, [("a", "empty"), ("b", "empty")], [])


def test_a_file_of_blank_lines_is_a_table_without_columns(inspect: Inspect) -> None:
    result = inspect(b"\n\n\n", "a.csv").result
    assert (result["rows"], result["column_count"], result["columns"]) == (0, 0, [])


def test_names_that_come_twice_are_kept(inspect: Inspect) -> None:
    assert columns(inspect(b"a,a,\n1,x,\n", "a.csv").result) == [("a", "integer"), ("a", "text"), ("", "empty")]


def test_the_preview_is_the_first_ten_rows(inspect: Inspect) -> None:
    data = "a,b\n" + "".join(f"{number},x\n" for number in range(50))
    result = inspect(data.encode(), "a.csv").result
    assert result["rows"] == 50
    assert [row[0] for row in result["preview"]] == [str(number) for number in range(10)]


def test_formulas_are_kept_as_they_are(inspect: Inspect) -> None:
    result = inspect(b"a,b\n=cmd|' /C calc'!A0,@SUM(1)\n+1+2,-3\n", "a.csv").result
    assert result["preview"] == [["=cmd|' /C calc'!A0", "@SUM(1)"], ["+1+2", "-3"]]


def test_nul_characters_do_not_reach_the_result(inspect: Inspect) -> None:
    result = inspect(b"na\x00me,b\nva\x00lue is long enough,2\n", "a.csv").result
    assert (result["columns"][0]["name"], result["preview"][0][0]) == ("na\ufffdme", "va\ufffdlue is long enough")


def test_a_quote_that_is_never_closed_is_a_fault_with_its_line(inspect: Inspect) -> None:
    with pytest.raises(Unprocessable) as caught:
        inspect(b'"a,b\n1,2\n3,4\n', "a.csv")
    assert (caught.value.code, caught.value.detail) == (
        "unclosed_quote",
        "line 1: the quote opened here is not closed to the end of the file",
    )


def test_the_line_of_a_fault_is_counted_as_an_editor_does(inspect: Inspect) -> None:
    with pytest.raises(Unprocessable, match=r"^line 7: "):
        inspect(b'sep=,\r\na,b\r\n"x\r\ny",2\r\n\r\n1,"z\rz","never', "a.csv")


def test_an_unclosed_quote_is_noticed_before_it_swallows_a_large_file(inspect: Inspect) -> None:
    with pytest.raises(Unprocessable, match="line 2: the quote opened here is not closed within"):
        inspect(b'a,b\n1,"2\n' + b"1,2,3,4,5,6,7,8,9\n" * 300_000, "a.csv")


def test_a_line_of_enormous_length_is_a_fault_with_its_line(inspect: Inspect) -> None:
    with pytest.raises(Unprocessable) as caught:
        inspect(b"a,b\n1,2\n" + b"x" * 5_000_000, "a.csv")
    assert (caught.value.code, caught.value.detail[:7]) == ("record_too_long", "line 3:")


def test_a_limit_of_the_csv_module_is_said_with_its_line(inspect: Inspect) -> None:
    before = csv.field_size_limit(70_000)
    try:
        with pytest.raises(Unprocessable, match="line 3: field larger than field limit"):
            inspect(b"a,b\n1,2\n" + b"x" * 100_000 + b",2\n", "a.csv")
    finally:
        csv.field_size_limit(before)


def test_a_large_field_is_read_and_cut_in_the_preview(inspect: Inspect) -> None:
    result = inspect(b"a,b\n" + b"x" * 3_000_000 + b",2\n", "a.csv").result
    assert (result["rows"], result["preview"]) == (1, [["x" * 1000, "2"]])


def test_a_hundred_thousand_columns_are_counted_and_the_first_thousand_shown(inspect: Inspect) -> None:
    header = ",".join(f"column {number}" for number in range(100_000))
    result = inspect((header + "\n" + "1," * 99_999 + "x\n").encode(), "a.csv").result
    assert (result["column_count"], len(result["columns"]), result["rows"], result["long_rows"]) == (
        100_000,
        1000,
        1,
        0,
    )
    assert columns(result)[999] == ("column 999", "integer")


TYPES = {
    "integers": (["1", "-2", "+30", "0"], "integer"),
    "larger than 64 bits": (["99999999999999999999"], "integer"),
    "codes with leading zeros": (["007", "12"], "text"),
    "decimals": (["1.5", "-2.25", "1e6"], "decimal"),
    "integers and decimals": (["1", "2.5"], "decimal"),
    "booleans": (["true", "FALSE", "Yes", "no"], "boolean"),
    "dates": (["2026-11-20", "31.12.2026"], "date"),
    "no dates": (["2026-13-01"], "text"),
    "datetimes": (["2026-11-20T10:00:00Z", "2018-12-14 08:29:52.506166"], "datetime"),
    "dates and datetimes": (["2026-11-20", "2026-11-20 10:00"], "datetime"),
    "nothing": (["", "  "], "empty"),
    "nothing among integers": (["1", "", " ", "2"], "integer"),
    "white space around": ([" 1", "2 "], "integer"),
    "words": (["a", "1"], "text"),
    "integers and dates": (["1", "2026-11-20"], "text"),
    "other digits": (["٣"], "text"),
    "underscores": (["6_12"], "text"),
    "not a number": (["nan", "inf"], "text"),
    "decimal commas": (["1,5"], "text"),
}


@pytest.mark.parametrize(("values", "expected"), TYPES.values(), ids=TYPES.keys())
def test_a_columns_type_is_what_all_its_values_look_like(values: list[str], expected: str) -> None:
    types = ColumnTypes(1)
    for value in values:
        types.add([value])
    assert types.types == [expected]


def test_a_comma_is_a_decimal_point_where_it_does_not_delimit() -> None:
    types = ColumnTypes(1, decimal_comma=True)
    types.add(["1,5"])
    assert types.types == ["decimal"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"a;b\n1,5;x\n", "decimal"), (b'a,b\n"1,5",x\n', "text"), (b"a,b\n1.5,x\n", "decimal")],
    ids=["between semicolons", "quoted between commas", "a point"],
)
def test_the_delimiter_decides_whether_a_comma_is_a_decimal_point(inspect: Inspect, data: bytes, expected: str) -> None:
    assert columns(inspect(data, "a.csv").result)[0] == ("a", expected)


def test_rows_of_other_lengths_do_not_disturb_the_types() -> None:
    types = ColumnTypes(2)
    for row in (["1", "x"], ["2"], [], ["3", "y", "z"]):
        types.add(row)
    assert types.types == ["integer", "text"]


@given(st.lists(st.lists(st.text(alphabet='ab,;"\r\n я', max_size=8), min_size=2, max_size=4), min_size=1, max_size=8))
def test_records_are_read_as_the_csv_module_writes_them(rows: list[list[str]]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    text = io.TextIOWrapper(io.BytesIO(written.getvalue().encode()), "utf-8", newline="")
    assert list(read(Lines(text, already_read=0), ",")) == rows


def test_work_is_reported_as_it_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    path.write_bytes(b"a,b\n" + b"12345,some words\n" * 50_000)
    size, reports = path.stat().st_size, list[int]()
    table.process(Context(path, "", "", "text/csv", size, lambda done, _total: reports.append(done)))
    assert reports == sorted(reports)
    assert len(reports) > 20
    assert 0.9 * size < reports[-1] <= size


def test_an_empty_file_is_a_table_without_columns(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert table.process(Context(path, "", "", "text/csv", 0, ignore)).result["columns"] == []
