"""Posting deals: what is accepted and refused, by both paths, as a form and as a body."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token

from apps.deals import services
from apps.deals.models import Deal, Import
from apps.deals.processors import answers
from apps.deals.views import DealsView
from tests import factories
from tests.integration.deals.conftest import DEAL, DEALS, HEADER, Post, Top, csv_of, deal, stored_files

pytestmark = pytest.mark.django_db

PROCESS_DEALS = "/api/process_deals/"
TWO = csv_of(DEAL, deal("bob", "Ruby", "50.50"))


def assert_is_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Every error of a POST has both forms in one body."""
    body: dict[str, Any] = answer.json()
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (body["status"], body["code"], body["Status"], body["Desc"]) == (status, code, "Error", body["detail"])
    return body


@pytest.mark.parametrize("path", [DEALS, PROCESS_DEALS])
@pytest.mark.parametrize("field", ["deals", "file"])
def test_a_form_replaces_the_deals(post: Post, top: Top, path: str, field: str) -> None:
    answer = post(TWO, field=field, path=path)

    imported = Import.objects.get()
    assert answer.status_code == 200
    assert answer.json() == {"Status": "OK", "import_id": imported.pk, "deals": 2, "ignored_columns": []}
    assert [one["username"] for one in top()] == ["anna", "bob"]


@pytest.mark.parametrize("path", [DEALS, PROCESS_DEALS])
def test_a_body_replaces_the_deals(post_raw: Post, top: Top, path: str) -> None:
    answer = post_raw(TWO, path=path)

    assert (answer.status_code, answer.json()["deals"]) == (200, 2)
    assert [one["username"] for one in top()] == ["anna", "bob"]


def test_gems_that_no_answer_holds_change_nothing(post: Post, top: Top, monkeypatch: pytest.MonkeyPatch) -> None:
    post(TWO)
    before = top()
    monkeypatch.setattr(answers, "MOST_CHARACTERS", 3 * 2 * len('"gem00", ') - 1)
    gems = [deal(who, f"gem{number:02}", "1") for who in ("ann", "bob") for number in range(3)]

    body = assert_is_problem(post(csv_of(*gems)), 400, "faulty_deals")

    assert [one["code"] for one in body["errors"]] == ["answer_too_large"]
    assert top() == before
    assert post(csv_of(*gems[:2], *gems[3:])).status_code == 200


def test_deals_are_stored_exactly(post: Post) -> None:
    post(csv_of("anna,Рубин,999999999999.99,2147483647,2018-12-14T11:29:52.506166+03:00"))

    stored = Deal.objects.get()
    assert (stored.customer, stored.item, str(stored.total), stored.quantity) == (
        "anna",
        "Рубин",
        "999999999999.99",
        2147483647,
    )
    assert stored.date.isoformat() == "2018-12-14T08:29:52.506166+00:00"


@pytest.mark.parametrize(
    "name",
    ["=cmd|' /C calc'!A0", "\\.", "\\N", "NULL", "a\tb", 'a"b', "a,b", "a\nb", "💎", "e\u0301\u200b", " padded ", "%s"],
)
def test_a_name_comes_back_as_it_was_sent(post: Post, top: Top, name: str) -> None:
    quoted = name.replace('"', '""')

    assert post(csv_of(f'"{quoted}",Ruby,1,1,2018-12-14')).status_code == 200

    assert Deal.objects.get().customer == name
    assert top()[0]["username"] == name


def test_ignored_columns_are_named(post: Post) -> None:
    answer = post(csv_of(f"{DEAL},x,y", header=f"{HEADER},Note,'); DROP TABLE deals_deal; --"))

    assert answer.json()["ignored_columns"] == ["Note", "'); DROP TABLE deals_deal; --"]
    assert Import.objects.get().ignored_columns == ["Note", "'); DROP TABLE deals_deal; --"]


def test_a_fault_is_told_with_its_place_and_nothing_is_stored(post: Post, top: Top) -> None:
    post(TWO)
    rows = [DEAL] * 15 + [DEAL.replace("100", "abc")]

    body = assert_is_problem(post(csv_of(*rows)), 400, "faulty_deals")

    assert body["Desc"] == "line 17, column total: 'abc' is not an amount of money"
    assert body["errors"] == [
        {
            "line": 17,
            "column": "total",
            "value": "abc",
            "code": "not_money",
            "detail": "'abc' is not an amount of money",
        }
    ]
    assert [one["username"] for one in top()] == ["anna", "bob"]
    assert Deal.objects.count() == 2


def test_at_most_twenty_faults_are_told(post: Post) -> None:
    body = assert_is_problem(post(csv_of(*[DEAL.replace("100", "x")] * 30)), 400, "faulty_deals")

    assert [fault["line"] for fault in body["errors"]] == list(range(2, 22))


def test_good_rows_before_a_fault_are_not_stored_however_many(post: Post) -> None:
    rows = [deal(f"customer{number}") for number in range(20_000)]

    body = assert_is_problem(post(csv_of(*rows, "a,b,x,1,2018-12-14", *rows, "a,b")), 400, "faulty_deals")

    assert [fault["line"] for fault in body["errors"]] == [20_002, 40_003]
    assert not Deal.objects.exists()
    assert Import.objects.get().status == "failed"


@pytest.mark.parametrize(
    ("charset", "codec"), [("windows-1251", "cp1251"), ("utf-8", "utf-8"), ("utf-16", "utf-16"), ("", "cp1251")]
)
def test_a_charset_can_be_declared(post_raw: Post, top: Top, charset: str, codec: str) -> None:
    content = csv_of(deal("anna", "Рубин"), deal("bob", "Рубин")).decode().encode(codec)

    answer = post_raw(content, content_type=f"text/csv; charset={charset}" if charset else "text/csv")

    assert answer.status_code == 200
    assert top()[0]["gems"] == ["Рубин"]


def test_a_charset_can_be_declared_for_the_file_of_a_form(client: Client, top: Top) -> None:
    content = csv_of("я,b,1,1,2018-12-14").decode().encode("cp1251")  # one letter is no word to guess from
    headers = 'Content-Disposition: form-data; name="deals"; filename="a.csv"\r\nContent-Type: text/csv'

    undeclared, content_type = factories.multipart_body((headers, content))
    declared, _ = factories.multipart_body((f"{headers}; charset=windows-1251", content))

    assert client.generic("POST", DEALS, undeclared, content_type).status_code == 400
    assert client.generic("POST", DEALS, declared, content_type).status_code == 200
    assert top()[0]["username"] == "я"


@pytest.mark.parametrize("charset", ["koi8-r", "no-such-thing", f"windows{'-' * 50}1251"])
def test_another_charset_is_refused(post_raw: Post, charset: str) -> None:
    assert_is_problem(post_raw(TWO, content_type=f"text/csv; charset={charset}"), 415, "unsupported_charset")
    assert not Import.objects.exists()


def test_no_file(client: Client) -> None:
    body = assert_is_problem(client.post(DEALS, {"other": "1"}), 400, "no_file")

    assert body["errors"][0]["field"] == "deals"


def test_two_files(client: Client) -> None:
    files = {"deals": SimpleUploadedFile("a.csv", TWO), "file": SimpleUploadedFile("b.csv", TWO)}

    assert_is_problem(client.post(DEALS, files), 400, "several_files")


def test_an_empty_file(post: Post) -> None:
    assert_is_problem(post(b""), 400, "empty_file")


def test_an_empty_body(client: Client) -> None:
    answer = client.generic("POST", DEALS, b"", CONTENT_TYPE="text/csv")

    assert_is_problem(answer, 400, "empty_file")


UNSUPPORTED = (
    "A body of type '{}' is not accepted here; "
    "send multipart/form-data with the file in the field 'deals', or text/csv."
)


@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream", "text/plain"])
def test_another_type_of_body(post_raw: Post, client: Client, content_type: str) -> None:
    answer = post_raw(TWO, content_type=content_type)

    assert_is_problem(answer, 415, "unsupported_media_type")
    assert answer.json()["Desc"] == answer.json()["detail"] == UNSUPPORTED.format(content_type)
    empty = client.generic("POST", DEALS, b"", CONTENT_TYPE=content_type)
    assert empty.json()["detail"] == UNSUPPORTED.format(content_type)


def test_a_form_that_breaks_off(post_raw: Post) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="deals"; filename="a.csv"\r\n\r\n' + TWO

    assert_is_problem(post_raw(body, content_type="multipart/form-data; boundary=x"), 400, "truncated")


def test_a_file_may_have_exactly_the_bytes_that_are_allowed(post: Post, post_raw: Post, settings: Any) -> None:
    settings.MAX_DEALS_BYTES = len(TWO)

    for send in (post, post_raw):
        assert send(TWO).status_code == 200
        assert_is_problem(send(TWO + b"\n"), 413, "file_too_large")
    assert Import.objects.count() == 2


def test_the_longest_name_and_row_are_settings(post: Post, settings: Any) -> None:
    settings.MAX_DEALS_FIELD_BYTES = 4
    settings.MAX_DEALS_LINE_BYTES = len(DEAL) + 1

    assert post(csv_of(DEAL)).status_code == 200
    body = assert_is_problem(post(csv_of(DEAL.replace("anna", "annas").replace("100", "1"))), 400, "faulty_deals")
    assert body["Desc"] == "line 2, column customer: the value is longer than 4 bytes"
    body = assert_is_problem(post(csv_of(DEAL, DEAL + "0")), 400, "faulty_deals")
    assert body["Desc"] == f"line 3: the row is longer than {len(DEAL) + 1} bytes"


def test_only_get_and_post(client: Client) -> None:
    assert client.get(PROCESS_DEALS).headers["Allow"] == "POST, OPTIONS"
    assert client.post("/api/customer/").headers["Allow"] == "GET, HEAD, OPTIONS"
    assert client.put(DEALS).headers["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_an_unexpected_error_has_the_form_of_all_errors(
    post: Post, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> None:
        raise RuntimeError("a secret")

    client.raise_request_exception = False
    monkeypatch.setattr(services, "import_now", fail)

    answer = post(TWO)

    assert_is_problem(answer, 500, "server_error")
    assert b"secret" not in answer.content


def test_a_database_that_is_away_is_no_fault_of_the_file(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(services.importing, "import_deals", fail)

    answer = post(TWO)

    assert_is_problem(answer, 503, "database_unavailable")
    assert answer.headers["Retry-After"]
    assert Import.objects.get().status == "failed"


def test_who_sent_it_is_recorded(post: Post, client: Client) -> None:
    post(TWO)

    recorded = Import.objects.get()
    assert (recorded.who, recorded.name, recorded.size, recorded.encoding) == (
        "127.0.0.1",
        "deals.csv",
        len(TWO),
        "utf-8",
    )
    assert recorded.started_at
    assert recorded.finished_at
    assert recorded.started_at <= recorded.finished_at


def test_a_known_user_is_recorded_by_name(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    token = Token.objects.create(user=User.objects.create_user("marlow"))
    monkeypatch.setattr(DealsView, "authentication_classes", [TokenAuthentication])

    post(TWO, Authorization=f"Token {token.key}")

    assert Import.objects.get().who == "marlow"


def test_nothing_stays_in_the_media_folder(post: Post, media: Path) -> None:
    post(TWO)
    post(b"nonsense")

    assert not stored_files(media)


def test_a_browser_gets_a_page_with_the_form_and_with_the_outcome(client: Client, post: Post) -> None:
    page = client.get(DEALS, headers={"Accept": "text/html"}).content.decode()
    outcome = post(TWO, Accept="text/html").content.decode()
    refused = post(b"nonsense", Accept="text/html")

    assert 'name="deals"' in page
    assert "&quot;Status&quot;: &quot;OK&quot;" in outcome
    assert refused.status_code == 400
    assert refused.headers["Content-Type"].startswith("text/html")
