"""The front page: where to go from the address that `make up` prints."""

from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView


class FrontView(APIView):
    """Understudy: takes files and deals, and does their slow work in the background."""

    permission_classes = [AllowAny]

    def get(self, request: Request) -> Response:
        names = {
            "upload": "upload",
            "files": "file-list",
            "deals": "deals",
            "pages": "pages",
            "docs": "docs",
            "schema": "schema",
            "admin": "admin:index",
        }
        return Response({title: reverse(name, request=request) for title, name in names.items()})

    def get_view_name(self) -> str:
        return "Understudy"
