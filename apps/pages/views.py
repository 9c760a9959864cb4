"""The pages API. A view reads the request, calls one service or selector, and answers."""

import json
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from rest_framework import generics
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common.pagination import ByNumber
from apps.pages import answers, schema, selectors, services
from apps.pages.models import Page
from apps.pages.serializers import PageSerializer


class PagesPagination(ByNumber):
    def count(self) -> int:
        return selectors.number_of_pages()


class PagesView(generics.GenericAPIView[Page]):
    """All pages, the oldest first."""

    queryset: Any = Page.objects.order_by("pk").values_list("pk", "title")
    serializer_class = PageSerializer
    pagination_class = PagesPagination

    @schema.LIST
    def get(self, request: Request) -> Response:
        pages: Any = self.paginate_queryset(self.get_queryset())
        address = request.build_absolute_uri(reverse("pages"))
        results = [{"id": pk, "title": title, "url": f"{address}{pk}/"} for pk, title in pages]
        return self.get_paginated_response(results)


class PageView(APIView):
    """A page with all that is on it. Each answer counts a view of each of its contents."""

    @schema.READ
    def get(self, request: Request, page_id: int) -> HttpResponseBase:
        response, ids = self._answer(request, page_id)
        services.count_view(ids)  # last: what is not answered is not counted
        return response

    def head(self, request: Request, page_id: int) -> HttpResponseBase:
        return self._answer(request, page_id)[0]

    def _answer(self, request: Request, page_id: int) -> tuple[HttpResponseBase, str]:
        body, ids = answers.page_answer(page_id, request.build_absolute_uri(request.path))
        headers = {"Cache-Control": "no-store"}
        if isinstance(request.accepted_renderer, BrowsableAPIRenderer):
            return Response(json.loads(body), headers=headers), ids
        return HttpResponse(body, content_type="application/json", headers=headers), ids
