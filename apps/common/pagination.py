"""Paging for lists, by key and by number.

By key a page costs the same however deep it lies, and rows added meanwhile shift nothing; the body is a plain JSON
array and the address of the next page stands in the `Link` header (RFC 8288). By number the body says how many there
are and where the neighbours are.
"""

import re
from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from apps.common import queries
from apps.common.errors import InputError

BIGGEST_ID = 2**63 - 1
BIGGEST_PAGE = 10**9
#: int() takes more spellings, and refuses thousands of digits with an error of its own.
WHOLE_NUMBER = re.compile(r"[1-9][0-9]{0,18}")


class NewestFirst(BasePagination):
    """`?limit=` rows, those after the row with the id `?after=`. A view wanting other limits subclasses this.

    One row more than the page is read: it tells whether there is a next page, without a count.
    """

    default_limit = 1000
    max_limit = 1000

    def paginate_queryset(
        self,
        queryset: Any,
        request: Request,
        view: APIView | None = None,  # noqa: ARG002 — REST framework's signature
    ) -> list[Any]:
        limit = _number(request, "limit", most=self.max_limit) or self.default_limit
        after = _number(request, "after", most=BIGGEST_ID)
        if after is not None:
            queryset = queryset.filter(pk__lt=after)
        rows = list(queryset.order_by("-pk")[: limit + 1])
        self._next = None
        if len(rows) > limit:
            self._next = replace_query_param(request.build_absolute_uri(), "after", rows[limit - 1].pk)
        return rows[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        return Response(data, headers={"Link": f'<{self._next}>; rel="next"'} if self._next else None)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema


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
        self._size = _number(request, "page_size", most=self.max_size) or self.default_size
        self._page = _number(request, "page", most=BIGGEST_PAGE) or 1
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


def bad_number(name: str, *, most: int) -> InputError:
    return InputError(f"'{name}' is a whole number from 1 to {most}.", field=name)


def _number(request: Request, name: str, *, most: int) -> int | None:
    """A query parameter that is a whole number from 1, or None where it is not given. Raises InputError."""
    raw = queries.single_value(request, name)
    if raw is None:
        return None
    number = int(raw) if WHOLE_NUMBER.fullmatch(raw) else 0
    if not 1 <= number <= most:
        raise bad_number(name, most=most)
    return number
