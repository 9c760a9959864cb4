"""Paging by keyset: every row once, whatever is added meanwhile, in one query a page."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries
from rest_framework import generics, serializers

from apps.common.pagination import NewestFirst

pytestmark = pytest.mark.django_db


class Pages(NewestFirst):
    default_limit = 3
    max_limit = 5


class GroupSerializer(serializers.ModelSerializer[Group]):
    class Meta:
        model = Group
        fields = ["id", "name"]


class GroupView(generics.ListAPIView[Group]):
    serializer_class = GroupSerializer
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Group]:
        kept = self.request.GET.get("name")
        return Group.objects.filter(name__startswith=kept) if kept else Group.objects.all()


@pytest.fixture
def groups() -> list[Group]:
    """Seven, oldest first."""
    return Group.objects.bulk_create(Group(name=f"group {letter}") for letter in "cagebdf")


def get(query: str = "", **attributes: Any) -> Any:
    request = RequestFactory().get(f"/groups/{query}", headers={"host": "example.org"})
    return GroupView.as_view(**attributes)(request).render()


def ids_of(response: Any) -> list[int]:
    return [row["id"] for row in response.data]


def next_query(response: Any) -> str:
    address, rel = response["Link"].split("; ")
    assert rel == 'rel="next"'
    assert address.startswith("<http://example.org/groups/?")
    return str(address.removeprefix("<http://example.org/groups/").removesuffix(">"))


def all_pages(query: str, **attributes: Any) -> list[list[int]]:
    pages = []
    while True:
        response = get(query, **attributes)
        pages.append(ids_of(response))
        if "Link" not in response:
            return pages
        query = next_query(response)


def test_the_body_is_an_array_newest_first(groups: list[Group]) -> None:
    response = get()
    assert isinstance(response.data, list)
    assert ids_of(response) == [group.pk for group in reversed(groups)][:3]


@pytest.mark.parametrize(
    ("query", "sizes"), [("", [3, 3, 1]), ("?limit=5", [5, 2]), ("?limit=1", [1] * 7)], ids=["default", "5", "1"]
)
def test_the_pages_hold_every_row_once(groups: list[Group], query: str, sizes: list[int]) -> None:
    pages = all_pages(query)
    assert [len(page) for page in pages] == sizes
    assert sum(pages, []) == [group.pk for group in reversed(groups)]  # noqa: RUF017 — seven rows


def test_a_page_that_is_just_full_and_the_last_has_no_next(groups: list[Group]) -> None:
    groups[0].delete()
    assert [len(page) for page in all_pages("")] == [3, 3]


def test_no_rows_are_an_empty_array() -> None:
    assert (get().data, "Link" in get()) == ([], False)


def test_rows_added_meanwhile_shift_nothing(groups: list[Group]) -> None:
    first = get()
    Group.objects.create(name="newer")
    assert ids_of(get(next_query(first))) == [group.pk for group in reversed(groups)][3:6]


def test_the_row_a_cursor_names_may_be_gone(groups: list[Group]) -> None:
    first = get()
    Group.objects.filter(pk=ids_of(first)[-1]).delete()
    assert ids_of(get(next_query(first))) == [group.pk for group in reversed(groups)][3:6]


def test_the_next_address_keeps_the_other_parameters(groups: list[Group]) -> None:
    Group.objects.create(name="other")
    query = next_query(get("?name=group&limit=2&x=%3E%C3%A9"))
    assert "name=group" in query
    assert "limit=2" in query
    assert "x=%3E%C3%A9" in query
    assert sum(len(page) for page in all_pages("?name=group&limit=2")) == 7


@pytest.mark.parametrize("query", ["", "?limit=5"])
def test_a_page_is_one_query_without_a_count(
    groups: list[Group], query: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1) as captured:
        response = get(query)
    assert "COUNT" not in captured[0]["sql"]
    with django_assert_num_queries(1) as captured:
        get(next_query(response))
    assert "COUNT" not in captured[0]["sql"]
    assert "OFFSET" not in captured[0]["sql"]


@pytest.mark.parametrize(
    "limit", ["0", "6", "-1", "", "x", "1.5", "1e0", "1_0", " 1", "+1", "٣", "9" * 5000, "00000000001"]
)
def test_a_limit_that_is_none_is_refused(limit: str) -> None:
    response = get(f"?limit={limit}" if limit != "+1" else "?limit=%2B1")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert response.data["errors"] == [
        {"field": "limit", "code": "invalid", "detail": "'limit' is a whole number from 1 to 5."}
    ]


CURSORS = ["", "x", "0", "-1", "01", "1.0", "+1", "1_0", "٣", "9" * 5000, str(2**63), "1%0A"]


@pytest.mark.parametrize("cursor", CURSORS)
def test_an_id_that_is_none_is_refused(cursor: str) -> None:
    response = get(f"?after={cursor}")
    assert response.status_code == 400
    assert [error["field"] for error in response.data["errors"]] == ["after"]


def test_a_limit_is_checked_before_the_database_is_asked(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        get("?limit=0")
