"""The page at the address that a newcomer opens first, and the admin behind it."""

import pytest
from django.test import Client


def test_the_front_page_names_where_to_go(client: Client) -> None:
    answer = client.get("/")

    assert answer.status_code == 200
    assert answer.json()["upload"] == "http://testserver/api/v1/upload/"
    assert set(answer.json()) == {"upload", "files", "deals", "pages", "docs", "schema", "admin"}


def test_in_a_browser_it_is_a_page(client: Client) -> None:
    assert b"Understudy" in client.get("/", headers={"Accept": "text/html"}).content


@pytest.mark.django_db
def test_every_link_of_the_admins_first_page_answers(admin_client: Client) -> None:
    page = admin_client.get("/admin/")
    links = [model["admin_url"] for app in page.context["app_list"] for model in app["models"]]

    assert "/admin/tasks/invocation/" in links
    assert {link: admin_client.get(link).status_code for link in links} == dict.fromkeys(links, 200)
