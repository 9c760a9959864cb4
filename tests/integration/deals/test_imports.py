"""An import as its client sees it: how far it is, what is wrong with its file, and the faults for a spreadsheet."""

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from apps.deals.models import Import
from apps.deals.parser.deals import MOST_FAULTS
from tests.integration.deals.conftest import ASYNC, DEAL, IMPORTS, Post, csv_of, deal

pytestmark = pytest.mark.django_db


def rows_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode(), newline=""), strict=True))


def test_an_import_that_waits(post: Post, client: Client) -> None:
    answer = post(csv_of(DEAL), **ASYNC)

    assert answer.status_code == 202
    assert answer.headers["Preference-Applied"] == "respond-async"
    location = answer.headers["Location"]
    queued = Import.objects.get()
    assert location == f"{IMPORTS}{queued.pk}/"
    assert answer.json() == client.get(location).json()
    assert answer.json() == {
        "id": queued.pk,
        "status": "queued",
        "progress": 0,
        "rows": 0,
        "errors": [],
        "ignored_columns": [],
        "created_at": queued.created_at.isoformat().replace("+00:00", "Z"),
        "finished_at": None,
    }


@pytest.mark.parametrize(
    ("preference", "status"),
    [
        ("respond-async", 202),
        ("Respond-Async", 202),
        ("wait=10, respond-async", 202),
        ("respond-async; foo=bar", 202),
        ("return=minimal", 200),
        ("respond-asynchronously", 200),
        ("", 200),
    ],
)
def test_what_asks_for_an_answer_at_once(post: Post, preference: str, status: int) -> None:
    assert post(csv_of(DEAL), Prefer=preference).status_code == status


@pytest.mark.parametrize("send", ["post", "post_raw"])
def test_a_form_and_a_body_can_wait(request: pytest.FixtureRequest, send: str) -> None:
    answer = request.getfixturevalue(send)(csv_of(DEAL), path="/api/process_deals/", **ASYNC)

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")


def test_an_import_that_was_good(post: Post, client: Client) -> None:
    import_id = post(csv_of(f"{DEAL},x", header="customer,item,total,quantity,date,Note")).json()["import_id"]

    answer = client.get(f"{IMPORTS}{import_id}/").json()

    assert (answer["status"], answer["progress"], answer["rows"], answer["errors"]) == ("active", 100, 1, [])
    assert answer["ignored_columns"] == ["Note"]
    assert answer["finished_at"]


RULE = " from 0 to 999999999999.99 in digits, with a point and two decimals at most"


def test_an_import_that_failed_tells_twenty_faults_and_all_as_csv(post: Post, client: Client) -> None:
    import_id = post(csv_of(*[DEAL.replace("100", f"x{number}") for number in range(30)])).json()["import_id"]

    answer = client.get(f"{IMPORTS}{import_id}/").json()
    file = client.get(f"{IMPORTS}{import_id}/errors/")

    assert (answer["status"], answer["rows"], len(answer["errors"])) == ("failed", 0, 20)
    assert answer["errors"][0] == {
        "line": 2,
        "column": "total",
        "value": "x0",
        "code": "not_money",
        "detail": f"'x0' is not an amount of money{RULE}",
    }
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert file.headers["Content-Disposition"] == f'attachment; filename="errors-{import_id}.csv"'
    header, *rows = rows_of(file)
    assert header == ["line", "column", "value", "code", "detail", "record"]
    assert len(rows) == 30
    assert rows[29] == [
        "31",
        "total",
        "x29",
        "not_money",
        f"'x29' is not an amount of money{RULE}",
        DEAL.replace("100", "x29"),
    ]


@pytest.mark.parametrize(("bad", "told"), [(MOST_FAULTS - 1, 0), (MOST_FAULTS, 1), (MOST_FAULTS + 1, 1)])
def test_the_file_of_faults_says_where_they_were_no_longer_looked_for(
    post: Post, client: Client, bad: int, told: int
) -> None:
    import_id = post(csv_of(*[DEAL.replace("100", "x")] * bad)).json()["import_id"]

    _, *rows = rows_of(client.get(f"{IMPORTS}{import_id}/errors/"))

    assert len(rows) == min(bad, MOST_FAULTS) + told
    last = f"only the first {MOST_FAULTS} faults are told; from line {MOST_FAULTS + 1} on there may be more"
    assert [row for row in rows if row[3] == "more_faults"] == [["", "", "", "more_faults", last, ""]] * told


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", " ＠SUM(A1)"])
def test_a_formula_is_a_text_in_the_file_of_faults_and_itself_everywhere_else(
    post: Post, client: Client, formula: str
) -> None:
    row = f'{formula!s},Ruby,"{formula}",1,2018-12-14' if formula[0] not in "\r" else f'a,Ruby,"{formula}",1,2018-12-14'
    answer = post(csv_of(row, header="customer,item,total,quantity,date"))

    file = client.get(f"{IMPORTS}{answer.json()['import_id']}/errors/")

    assert answer.json()["errors"][0]["value"] == formula
    assert Import.objects.get().errors[0]["value"] == formula
    _, (_, _, value, _, _, record) = rows_of(file)
    assert value.startswith("'")
    assert value.replace("'", "") == formula
    assert not record.lstrip(" ").startswith(("=", "+", "-", "@", "＝", "＠", "\t", "\r", "\n"))


@pytest.mark.parametrize(
    ("item", "neutral"),
    [
        ("x;=1+1", "x;'=1+1"),
        ("x; =1+1", "x;' =1+1"),
        ("x\t@SUM(A1)", "x\t'@SUM(A1)"),
        ("x|-1", "x|'-1"),
        ("x\n+1", "x\n'+1"),
        ('x;"=1+1"', 'x;\'"=1+1"'),
        ("x-1;a=b", "x-1;a=b"),
    ],
)
def test_a_formula_is_a_text_to_a_spreadsheet_that_separates_with_something_else(
    post: Post, client: Client, item: str, neutral: str
) -> None:
    quoted = item.replace('"', '""')
    import_id = post(csv_of(f'anna,Ruby,"{quoted}",1,2018-12-14')).json()["import_id"]

    _, row = rows_of(client.get(f"{IMPORTS}{import_id}/errors/"))

    assert row[2] == neutral
    for cell in re.split(r"[;|\t\r\n]", row[5]):
        assert not cell.lstrip(' "').startswith(("=", "+", "-", "@"))


def test_a_formula_in_the_name_of_a_column_is_a_text_too(post: Post, client: Client) -> None:
    answer = post(csv_of(f"{DEAL},\0", header="customer,item,total,quantity,date,=1+1"))

    _, row = rows_of(client.get(f"{IMPORTS}{answer.json()['import_id']}/errors/"))

    assert row[1] == "'=1+1"


def test_the_file_of_faults_comes_whatever_the_client_says_it_accepts(post: Post, client: Client) -> None:
    import_id = post(b"nonsense").json()["import_id"]

    assert client.get(f"{IMPORTS}{import_id}/errors/", headers={"Accept": "text/csv"}).status_code == 200


def test_a_good_import_has_no_file_of_faults(post: Post, client: Client) -> None:
    import_id = post(csv_of(deal("anna"))).json()["import_id"]

    answer = client.get(f"{IMPORTS}{import_id}/errors/", headers={"Accept": "text/csv"})

    assert (answer.status_code, answer.json()["code"]) == (404, "no_errors")


@pytest.mark.parametrize("path", ["1/", "1/errors/", "99999999999999999999/", "x/"])
def test_an_import_that_is_not_there(client: Client, path: str) -> None:
    answer = client.get(f"{IMPORTS}{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_import_has_a_page(post: Post, client: Client) -> None:
    import_id = post(csv_of("<b>a</b>,b,x,1,2018-12-14")).json()["import_id"]

    page = client.get(f"{IMPORTS}{import_id}/", headers={"Accept": "text/html"}).content.decode()

    assert "&quot;failed&quot;" in page
    assert "<b>a" not in page
