"""Views as somebody would write them who wants nothing but the speed of DRF."""

import os

from django.http import HttpResponse
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.benchmarks.web.models import StoredFile


class PlainUpload(APIView):
    """Stores the body, inserts one row, answers. Nothing waits for the disk, and there is no task."""

    parser_classes = (MultiPartParser,)

    def post(self, request: Request) -> Response:
        stored = StoredFile.objects.create(file=request.data["file"])
        return Response({"id": stored.pk, "file": stored.file.url}, status=201)


class PlainAnswer(APIView):
    """Answers the bytes of BENCH_ANSWER, and nothing else happens."""

    answer = os.environ.get("BENCH_ANSWER", "").encode()

    def get(self, request: Request, **path: int) -> HttpResponse:  # noqa: ARG002 — DRF's signature
        return HttpResponse(self.answer, content_type="application/json")
