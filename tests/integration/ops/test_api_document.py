"""The OpenAPI document and the page that shows it; whether it is true is asked in `acceptance/test_api_contract`."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.validation import validate_schema

from apps.files.processors import registry
from apps.pages import content_types
from project.openapi import OPENAPI

pytestmark = pytest.mark.django_db

Route = tuple[str, str]


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    answer = client.get("/api/schema/", headers={"accept": "application/json"})
    assert answer.status_code == 200
    return answer.json()


def operations(document: dict[str, Any]) -> dict[Route, dict[str, Any]]:
    paths = document["paths"].items()
    return {(path, method): operation for path, methods in paths for method, operation in methods.items()}


def routes(patterns: list[Any] | None = None, prefix: str = "/") -> set[Route]:
    """Every address and method that a request below `/api/` can reach."""
    found: set[Route] = set()
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            found |= routes(pattern.url_patterns, path)
        elif path.startswith("/api/"):
            assert isinstance(pattern, URLPattern)
            methods = pattern.callback.view_class().allowed_methods
            found |= {(path, method.lower()) for method in methods if method not in {"OPTIONS", "HEAD"}}
    return found


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate_schema(document)


def test_every_route_of_the_api_is_in_it_and_no_other(document: dict[str, Any]) -> None:
    assert set(operations(document)) == routes()


def test_it_says_who_may_ask_for_a_task(document: dict[str, Any]) -> None:
    asked = document["paths"]["/api/v1/tasks/{task_id}/"]["get"]["security"]
    assert [list(one) for one in asked] == [["tokenAuth"], ["cookieAuth"]]
    assert document["components"]["securitySchemes"].keys() == {"tokenAuth", "cookieAuth"}


def test_every_operation_says_what_it_is(document: dict[str, Any]) -> None:
    found = operations(document).values()

    assert all(operation["summary"] and operation["description"] for operation in found)
    assert {tag for operation in found for tag in operation["tags"]} <= {tag["name"] for tag in OPENAPI["TAGS"]}
    ids = [operation["operationId"] for operation in found]
    assert len(set(ids)) == len(ids)


def test_every_answer_has_the_id_of_its_request_and_every_error_is_a_problem(document: dict[str, Any]) -> None:
    for route, operation in operations(document).items():
        for status, inline in operation["responses"].items():
            shared = inline.get("$ref", "").rpartition("/")[2]
            response = document["components"]["responses"][shared] if shared else inline
            assert "X-Request-ID" in response["headers"], (route, status)
            if status >= "4":
                assert set(response["content"]) == {"application/problem+json"}, (route, status)


def test_every_json_answer_has_an_example(document: dict[str, Any]) -> None:
    for route, operation in operations(document).items():
        if route == ("/api/schema/", "get"):
            continue
        for status, response in operation["responses"].items():
            for media_type, content in response.get("content", {}).items():
                assert "json" not in media_type or content["examples"], (route, status)


def test_a_content_is_one_of_the_registered_kinds(document: dict[str, Any]) -> None:
    content = document["components"]["schemas"]["Content"]

    assert set(content["discriminator"]["mapping"]) == {kind.name for kind in content_types.kinds()}
    for kind in content_types.kinds():
        of_kind = document["components"]["schemas"][f"{kind.model.__name__}Content"]
        assert list(of_kind["properties"]) == ["id", "type", "title", "counter", *kind.fields]
        assert of_kind["properties"]["type"]["enum"] == [kind.name]


def test_what_the_kinds_of_files_find_out_is_described(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    shown = {reference["$ref"].rpartition("/")[2] for reference in _results(schemas["File"]) if "$ref" in reference}
    assert shown == {result.__name__ for result in registry.results()}
    assert schemas["ImageResult"]["properties"]["width"] == {"type": "integer"}


def _results(file: dict[str, Any]) -> list[dict[str, Any]]:
    return file["properties"]["result"]["oneOf"][0]["allOf"][1]["anyOf"]


def test_it_is_there_in_yaml_too(client: Client) -> None:
    answer = client.get("/api/schema/?format=yaml")

    assert (answer["Content-Type"], answer.content[:8]) == ("application/yaml; charset=utf-8", b"openapi:")


def test_the_page_shows_it_with_assets_of_our_own(client: Client) -> None:
    page = client.get("/docs/", headers={"accept": "text/html"})

    assert page.status_code == 200
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    assert len(assets) >= 4
    assert all(asset.startswith("/static/drf_spectacular_sidecar/") for asset in assets)
    assert "/api/schema/" in page.content.decode()


def test_an_unknown_format_is_not_acceptable_rather_than_not_there(client: Client) -> None:
    answer = client.get("/api/v1/files/?format=xml")

    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")
