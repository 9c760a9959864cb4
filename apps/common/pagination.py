"""Paging for lists, by key and by number.

By key a page costs the same however deep it lies, and rows added meanwhile shift nothing; the body is a plain JSON
array and the address of the next page stands in the `Link` header (RFC 8288). By number the body says how many there
are and where the neighbours are.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from apps.common import queries
from apps.common.errors import InputError

BIGGEST_PAGE = 10**9


class NewestFirst(BasePagination):
    """`?limit=` rows, those after the row that `?after=` names. A view wanting other limits subclasses this.

    `ordering` is one descending column without duplicates or nulls. One row more than the page is read: it tells
    whether there is a next page, without a count.
    """

    ordering = "-id"
    default_limit = 1000
    max_limit = 1000

    def paginate_queryset(
        self,
        queryset: Any,
        request: Request,
        view: APIView | None = None,  # noqa: ARG002 — REST framework's signature
    ) -> list[Any]:
        limit = self._limit(request)
        column = self.ordering.removeprefix("-")
        queryset = queryset.order_by(self.ordering)
        after = queries.single_value(request, "after")
        if after is not None:
            queryset = queryset.filter(**{f"{column}__lt": _decoded(after, queryset.model, column)})
        rows = list(queryset[: limit + 1])
        self._next = None
        if len(rows) > limit:
            cursor = _encoded(getattr(rows[limit - 1], column))
            self._next = replace_query_param(request.build_absolute_uri(), "after", cursor)
        return rows[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        return Response(data, headers={"Link": f'<{self._next}>; rel="next"'} if self._next else None)

    def _limit(self, request: Request) -> int:
        raw = queries.single_value(request, "limit")
        if raw is None:
            return self.default_limit
        # Compared by its length first: int() refuses thousands of digits with an error of its own.
        number = int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= 9 else 0
        if not 1 <= number <= self.max_limit:
            raise InputError(f"'limit' is a whole number from 1 to {self.max_limit}.", field="limit")
        return number


class ByNumber(BasePagination):
    """Page `?page=` of `?page_size=` rows each. A subclass says how many rows there are: to count them takes time.

    The first page is always there, if empty.
    """

    default_size = 20
    max_size = 100

    def count(self) -> int:
        raise NotImplementedError

    def paginate_queryset(
        self,
        queryset: Any,
        request: Request,
        view: APIView | None = None,  # noqa: ARG002 — REST framework's signature
    ) -> list[Any]:
        self._request = request
        self._size = _number(request, "page_size", default=self.default_size, most=self.max_size)
        self._page = _number(request, "page", default=1, most=BIGGEST_PAGE)
        self._count = self.count()
        begin = (self._page - 1) * self._size
        if begin >= self._count and self._page > 1:
            raise NotFound("There are not so many pages.")
        return list(queryset[begin : begin + self._size])

    def get_paginated_response(self, data: Any) -> Response:
        last = -(-self._count // self._size)
        following = self._address(self._page + 1) if self._page < last else None
        before = self._address(self._page - 1) if self._page > 1 else None
        return Response({"count": self._count, "next": following, "previous": before, "results": data})

    def _address(self, page: int) -> str:
        return replace_query_param(self._request.build_absolute_uri(), "page", page)


def _number(request: Request, name: str, *, default: int, most: int) -> int:
    """A query parameter that is a whole number from 1; InputError for all that is none."""
    raw = request.query_params.get(name)
    if raw is None:
        return default
    # Compared by its length first: int() refuses thousands of digits with an error of its own.
    number = int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= 12 else 0
    if not 1 <= number <= most:
        raise InputError(f"'{name}' is a whole number from 1 to {most}.", field=name)
    return number


def _encoded(value: Any) -> str:
    return urlsafe_b64encode(str(value).encode()).decode().rstrip("=")


def _decoded(cursor: str, model: type[Model], column: str) -> Any:
    """The column's value that a cursor holds; whatever no cursor of ours can hold is an InputError."""
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
        value = model._meta.get_field(column).clean(raw, None)  # type: ignore[union-attr]
    except (ValueError, ValidationError):  # binascii's and Unicode's errors are ValueErrors
        value = None
    if value is None or _encoded(value) != cursor:
        raise InputError("'after' is not a cursor that this list gave out.", field="after")
    return value
