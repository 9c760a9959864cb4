"""Builds multipart/form-data bodies, right and wrong ones, and Django requests with them."""

from django.http import HttpRequest
from django.test import RequestFactory

BOUNDARY = "a-boundary"


def part(name: str, content: bytes = b"", filename: str | None = None, *headers: str) -> bytes:
    disposition = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
    return raw_part(f"Content-Disposition: {disposition}", *headers, content=content)


def raw_part(*headers: str, content: bytes = b"") -> bytes:
    return f"--{BOUNDARY}\r\n".encode() + "\r\n".join([*headers, "", ""]).encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def post(body: bytes, content_type: str = f"multipart/form-data; boundary={BOUNDARY}") -> HttpRequest:
    return RequestFactory().generic("POST", "/", body, content_type=content_type)
