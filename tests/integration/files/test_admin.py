"""Files in the admin."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from apps.files.models import File
from apps.tasks.models import Invocation
from tests import factories
from tests.integration.files.conftest import FILES, stored_files

pytestmark = pytest.mark.django_db

LIST = "/admin/files/file/"


def staff(client: Client, *permissions: str) -> Client:
    user = User.objects.create_user("editor", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def test_the_list_shows_files_and_links_their_bytes(admin_client: Client) -> None:
    file = factories.make_file(name="<script>.txt", status="failed", kind="image")

    page = admin_client.get(LIST).content.decode()

    assert f'href="{FILES}{file.pk}/content/"' in page
    assert "&lt;script&gt;.txt" in page
    assert "<script>.txt" not in page


@pytest.mark.parametrize("query", ["?status__exact=failed", "?kind=image", "?q=photo"])
def test_the_list_can_be_narrowed(admin_client: Client, query: str) -> None:
    factories.make_file(name="photo.png", status="failed", kind="image")
    factories.make_file(name="note.txt")

    page = admin_client.get(LIST + query).content.decode()

    assert "photo.png" in page
    assert "note.txt" not in page


@pytest.mark.parametrize("selected", ["x", "", "1" * 30, "\0"])
def test_an_action_on_a_row_that_cannot_exist_is_a_bad_request(admin_client: Client, selected: str) -> None:
    answer = admin_client.post(LIST, {"action": "process_again", "_selected_action": selected})

    assert answer.status_code == 400


def test_files_are_neither_added_nor_changed_here(admin_client: Client) -> None:
    file = factories.make_file()

    assert admin_client.get(f"{LIST}add/").status_code == 403
    admin_client.post(f"{LIST}{file.pk}/change/", {"processed": "on", "status": "processed"})
    page = admin_client.get(f"{LIST}{file.pk}/change/").content.decode()

    assert not File.objects.get().processed
    assert "_save" not in page
    assert file.file.name not in page


def test_the_action_processes_again(admin_client: Client) -> None:
    ended, waiting = factories.make_file(status="failed"), factories.make_file()

    answer = admin_client.post(
        LIST, {"action": "process_again", "_selected_action": [ended.pk, waiting.pk]}, follow=True
    )

    assert answer.status_code == 200
    ended.refresh_from_db()
    assert ended.status == "queued"
    assert [invocation.id for invocation in Invocation.objects.all()] == [ended.invocation_id]


def test_deleting_here_removes_the_bytes_too(
    admin_client: Client, media: Path, django_capture_on_commit_callbacks: Any
) -> None:
    one, two, three = (factories.make_file() for _ in range(3))

    with django_capture_on_commit_callbacks(execute=True):
        admin_client.post(f"{LIST}{one.pk}/delete/", {"post": "yes"})
        admin_client.post(LIST, {"action": "delete_selected", "_selected_action": [two.pk], "post": "yes"})

    assert list(File.objects.all()) == [three]
    assert stored_files(media) == [media / three.file.name]


def test_who_may_only_look_can_neither_process_nor_delete(client: Client) -> None:
    file = factories.make_file(status="failed")
    staff(client, "view_file")

    client.post(LIST, {"action": "process_again", "_selected_action": [file.pk]})
    client.post(f"{LIST}{file.pk}/delete/", {"post": "yes"})

    file.refresh_from_db()
    assert file.status == "failed"


def test_the_admin_is_reached_by_its_names() -> None:
    assert reverse("admin:files_file_changelist") == LIST
