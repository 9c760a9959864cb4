"""Forms with files as an API view meets them."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils.datastructures import MultiValueDict
from pytest_django.fixtures import Settings
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.common import multipart
from tests.unit.common.forms import BOUNDARY, form, part, post


@pytest.fixture(autouse=True)
def incoming(settings: Settings, tmp_path: Path) -> Path:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    settings.MAX_UPLOAD_BYTES = 1000
    return tmp_path


class UploadView(APIView):
    parser_classes = [multipart.MultiPartParser]

    def post(self, request: Request) -> Response:
        file = multipart.single_file(request.FILES)
        return Response({"name": file.name, "size": file.size, "other": request.data.get("other")})


class LoggedIn(SessionAuthentication):
    """Lets everyone in, after the check of the CSRF token, which reads the form before the view does."""

    def authenticate(self, request: Request) -> tuple[Any, None]:
        self.enforce_csrf(request)
        return object(), None


def answer_to(request: HttpRequest, **attributes: Any) -> Any:
    view = type("View", (UploadView,), attributes).as_view()
    response = view(request).render()
    response.json = response.data
    request.close()
    return response


def test_a_form_with_one_file_is_taken(incoming: Path) -> None:
    response = answer_to(post(form(part("other", b"1"), part("file", b"abc", "x.txt"))))
    assert response.data == {"name": "x.txt", "size": 3, "other": "1"}
    assert list(incoming.iterdir()) == []


REFUSED = {
    "nothing": (form(), "no_file"),
    "no file": (form(part("file", b"abc")), "no_file"),
    "file input left empty": (form(part("file", b"", "")), "no_file"),
    "another field": (form(part("photo", b"abc", "x.txt")), "no_file"),
    "empty file": (form(part("file", b"", "x.txt")), "empty_file"),
    "two files": (form(part("file", b"a", "x"), part("file", b"b", "y")), "several_files"),
    "two fields": (form(part("file", b"a", "x"), part("photo", b"b", "y")), "several_files"),
    "cut short": (part("file", b"abc", "x.txt"), "truncated"),
    "malformed": (form(part("file", b"!!!", "x.txt", "Content-Transfer-Encoding: base64")), "malformed"),
}


@pytest.mark.parametrize(("body", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_anything_but_one_file_in_its_field_is_refused(body: bytes, code: str, incoming: Path) -> None:
    response = answer_to(post(body))
    assert response.status_code == 400
    assert [(error["field"], error["code"]) for error in response.data["errors"]] == [("file", code)]
    assert list(incoming.iterdir()) == []


def test_a_form_read_by_the_csrf_check_is_refused_alike(incoming: Path) -> None:
    request = post(part("file", b"abc", "x.txt"))
    request.META["CSRF_COOKIE"] = request.COOKIES["csrftoken"] = "a" * 32
    response = answer_to(request, authentication_classes=[LoggedIn])
    assert (response.status_code, response.data["code"]) == (400, "truncated")
    assert list(incoming.iterdir()) == []


def test_a_form_without_a_boundary_is_malformed() -> None:
    response = answer_to(post(form(part("file", b"abc", "x.txt")), "multipart/form-data"))
    assert (response.status_code, response.data["code"]) == (400, "malformed")


def test_a_charset_that_is_none_for_text_is_an_error_of_the_client() -> None:
    request = post(form(part("file", b"x", "x")), f"multipart/form-data; boundary={BOUNDARY}; charset=bz2_codec")
    response = answer_to(request)
    assert (response.status_code, response.data["code"]) == (400, "parse_error")


def test_another_media_type_is_415() -> None:
    assert answer_to(RequestFactory().post("/", b"{}", content_type="application/json")).status_code == 415


def test_a_file_larger_than_accepted_is_413() -> None:
    response = answer_to(post(form(part("file", b"x" * 1001, "x.txt"))))
    assert (response.status_code, response.data["code"]) == (413, "file_too_large")
    assert answer_to(post(form(part("file", b"x" * 1000, "x.txt")))).status_code == 200


def test_an_endpoint_can_have_a_limit_of_its_own() -> None:
    files: MultiValueDict[str, UploadedFile[Any]] = MultiValueDict({"file": [SimpleUploadedFile("a", b"x" * 2000)]})
    assert multipart.single_file(files, max_bytes=2000).size == 2000
    with pytest.raises(multipart.FileTooLargeError, match="at most 1999"):
        multipart.single_file(files, max_bytes=1999)


def test_the_field_can_have_another_name() -> None:
    files: MultiValueDict[str, UploadedFile[Any]] = MultiValueDict({"deals": [SimpleUploadedFile("a.csv", b"x")]})
    assert multipart.single_file(files, "deals").name == "a.csv"
    with pytest.raises(multipart.NoFileError, match="'deals', not in 'file'"):
        multipart.single_file(files)
