"""GET /api/v1/files/."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.files.models import File
from tests import factories
from tests.integration.files.conftest import FILES

pytestmark = pytest.mark.django_db


def make_rows(count: int, **fields: Any) -> list[int]:
    rows = File.objects.bulk_create([factories.file_row(**fields) for _ in range(count)])
    return [row.pk for row in rows]


def listed_ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [file["id"] for file in answer.json()]


def next_url(answer: Any) -> str | None:
    link = answer.headers.get("Link")
    if link is None:
        return None
    url, relation = link.split("; ")
    assert relation == 'rel="next"'
    return url.strip("<>")


def test_without_files_the_list_is_an_empty_array(client: Client) -> None:
    answer = client.get(FILES)

    assert answer.json() == []
    assert "Link" not in answer.headers


def test_the_list_is_an_array_of_file_objects_without_result_newest_first(client: Client) -> None:
    ids = make_rows(3, result={"lines": 1})

    answer = client.get(FILES)

    assert listed_ids(answer) == ids[::-1]
    assert list(answer.json()[0]) == [
        "id", "url", "file", "name", "size", "content_type", "kind", "uploaded_at",
        "processed", "status", "progress", "processed_at", "error",
    ]  # fmt: skip


def test_an_entry_says_what_the_file_itself_says(client: Client) -> None:
    file = factories.file_row(status="failed", error_code="truncated", error_detail="The image ends too early.")
    file.save()

    (entry,) = client.get(FILES).json()

    alone = client.get(f"{FILES}{file.pk}/").json()
    assert entry == {key: value for key, value in alone.items() if key != "result"}
    assert entry["error"] == {"code": "truncated", "detail": "The image ends too early."}


def test_a_thousand_files_are_one_page_by_default_and_the_next_is_linked(client: Client) -> None:
    ids = make_rows(1001)[::-1]

    first = client.get(FILES)

    assert listed_ids(first) == ids[:1000]
    url = next_url(first)
    assert url is not None
    assert url.startswith(f"http://testserver{FILES}?")
    assert listed_ids(client.get(url)) == ids[1000:]


def test_pages_follow_each_other_without_gap_or_repetition_while_files_come_and_go(client: Client) -> None:
    ids = make_rows(7)[::-1]

    seen, url = [], f"{FILES}?limit=3"
    while url:
        page = client.get(url)
        seen += listed_ids(page)
        make_rows(1)
        File.objects.filter(pk=seen[0]).delete()
        url = next_url(page)

    assert seen == ids


def test_the_last_page_links_no_next_one(client: Client) -> None:
    make_rows(4)

    second = client.get(next_url(client.get(f"{FILES}?limit=2")) or "")

    assert len(listed_ids(second)) == 2
    assert next_url(second) is None


def test_the_next_page_keeps_the_filters(client: Client) -> None:
    images = make_rows(3, kind="image")[::-1]
    make_rows(3, kind="text")

    first = client.get(f"{FILES}?kind=image&limit=2")
    second = client.get(next_url(first) or "")

    assert listed_ids(first) + listed_ids(second) == images


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("processed=true", ["done"]),
        ("processed=false", ["broken", "busy", "new"]),
        ("status=queued", ["new"]),
        ("status=processing", ["busy"]),
        ("status=processed", ["done"]),
        ("status=failed", ["broken"]),
        ("kind=image", ["done"]),
        ("kind=text&processed=false", ["broken", "busy", "new"]),
        ("kind=text&status=processed", []),
        ("unknown=1", ["broken", "done", "busy", "new"]),
    ],
)
def test_filters(client: Client, query: str, expected: list[str]) -> None:
    factories.file_row(name="new").save()
    factories.file_row(name="busy", status="processing").save()
    factories.file_row(name="done", status="processed", kind="image").save()
    factories.file_row(name="broken", status="failed").save()

    answer = client.get(f"{FILES}?{query}")

    assert [file["name"] for file in answer.json()] == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("processed=yes", "processed"),
        ("processed=1", "processed"),
        ("processed=True", "processed"),
        ("processed=", "processed"),
        ("status=done", "status"),
        ("status=", "status"),
        ("status=%00", "status"),
        ("kind=spreadsheet", "kind"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("after=nonsense", "after"),
    ],
)
def test_a_bad_value_is_400_and_names_the_parameter(client: Client, query: str, field: str) -> None:
    answer = client.get(f"{FILES}?{query}")

    problem = answer.json()
    assert answer.status_code == problem["status"] == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["errors"][0]["detail"]


@pytest.mark.parametrize("name", ["processed", "status", "kind", "limit", "after"])
def test_a_parameter_given_twice_is_400_and_says_so(client: Client, name: str) -> None:
    answer = client.get(FILES, {name: ["true", "false"]})

    (error,) = answer.json()["errors"]
    assert answer.status_code == 400
    assert (error["field"], error["detail"]) == (name, f"'{name}' is given 2 times. Give it once.")


def test_all_bad_filters_are_named_at_once(client: Client) -> None:
    problem = client.get(f"{FILES}?status=x&kind=y").json()

    assert {error["field"] for error in problem["errors"]} == {"status", "kind"}


@pytest.mark.parametrize("query", ["", "?processed=false&kind=text&limit=2"])
def test_a_page_is_one_query_whatever_its_size_and_counts_nothing(client: Client, query: str) -> None:
    make_rows(5)

    with CaptureQueriesContext(connection) as queries:
        client.get(f"{FILES}{query}")

    (statement,) = [entry["sql"] for entry in queries]
    assert "COUNT(" not in statement
    assert '"result"' not in statement


@pytest.mark.parametrize(
    "condition", ["", "WHERE processed", "WHERE NOT processed", "WHERE status = 'failed'", "WHERE kind = 'image'"]
)
def test_each_filter_reads_its_page_from_an_index_without_sorting(condition: str) -> None:
    File.objects.bulk_create(
        [
            factories.file_row(status="failed", kind="other"),
            *(factories.file_row(status="processed") for _ in range(500)),
        ]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE files_file")
        cursor.execute("SET LOCAL enable_seqscan = off")
        statement = f"SELECT * FROM files_file {condition} ORDER BY id DESC LIMIT 11"  # noqa: S608 — of this table
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Index Scan Backward" in plan
    assert "Sort" not in plan
