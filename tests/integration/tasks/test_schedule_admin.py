"""Schedules in the admin: who may do what, and that nothing else is written."""

from datetime import timedelta

import pytest
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Permission, User
from django.db.models.functions import Now
from django.urls import reverse

from apps.tasks import timetable
from apps.tasks.models import Schedule

pytestmark = pytest.mark.django_db

LIST = "/admin/tasks/schedule/"


def make(name="<b>nightly</b>", **columns):
    values = {
        "task": "reports.build",
        "timing": "30 2 * * *",
        "zone": "Europe/Berlin",
        "arguments": "{}",
        "digest": "d",
    }
    return Schedule.objects.create(name=name, **{**values, "declared_at": Now(), **columns})


@pytest.fixture
def schedule():
    make()
    return Schedule.objects.get()


def page_of(client, address=LIST):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def act(client, action, *names):
    return client.post(LIST, {"action": action, "_selected_action": names}, follow=True).content.decode()


def test_the_list_tells_when_in_words_and_links_the_last_run(admin_client, insert):
    invocation = insert(actor="reports.build")
    make(last_run_at=Now(), last_invocation=invocation, next_run_at=Now() + timedelta(hours=1))
    make("pruned", timing="every 60 s", zone="UTC", last_run_at=Now(), last_invocation="gone")

    page = page_of(admin_client)

    assert "at 02:30 (Europe/Berlin)" in page
    assert "every minute" in page
    assert f'href="/admin/tasks/invocation/{invocation}/change/"' in page
    assert "/invocation/gone/" not in page
    assert "&lt;b&gt;nightly" in page
    assert "<b>nightly" not in page


def test_the_list_asks_no_more_for_many_schedules(admin_client, django_assert_max_num_queries):
    for number in range(30):
        make(f"schedule {number}")

    with django_assert_max_num_queries(9):
        page_of(admin_client)


def test_actions_switch_off_and_on_and_ask_for_a_run(admin_client, schedule):
    act(admin_client, "switch_off", schedule.pk)
    assert not Schedule.objects.get().enabled
    act(admin_client, "switch_on", schedule.pk)
    assert Schedule.objects.get().enabled
    assert "To be run at once" in act(admin_client, "run_now", schedule.pk)
    assert Schedule.objects.get().asked_at is not None


def test_the_form_writes_the_switch_and_nothing_else(admin_client, schedule):
    address = reverse("admin:tasks_schedule_change", args=[quote(schedule.pk)])
    page_of(admin_client, address)
    Schedule.objects.update(next_run_at=Now())
    before = Schedule.objects.get()

    admin_client.post(address, {"enabled": "on", "task": "evil", "timing": "every 1 s", "error": "x"})
    assert {**vars(Schedule.objects.get()), "_state": 0} == {**vars(before), "_state": 0}
    admin_client.post(address, {})

    row = Schedule.objects.get()
    assert (row.enabled, row.next_run_at, row.task, row.timing) == (False, None, "reports.build", "30 2 * * *")


def test_what_no_worker_declares_is_told_and_can_be_deleted(admin_client, schedule):
    make("gone", declared_at=Now() - timetable.GONE - timedelta(minutes=1))

    assert "cannot be run" in act(admin_client, "run_now", "gone")
    assert page_of(admin_client).count("icon-no.svg") == 1
    assert admin_client.get(f"{LIST}gone/delete/").status_code == 200
    admin_client.post(LIST, {"action": "delete_selected", "_selected_action": ["gone", schedule.pk], "post": "yes"})
    assert Schedule.objects.count() == 2
    admin_client.post(LIST, {"action": "delete_selected", "_selected_action": ["gone"], "post": "yes"})

    assert [row.name for row in Schedule.objects.all()] == [schedule.name]


@pytest.mark.parametrize("action", ["switch_off", "run_now", "delete_selected"])
def test_who_may_only_look_changes_nothing(client, schedule, action):
    user = User.objects.create_user("visitor", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_schedule"))
    client.force_login(user)
    before = vars(schedule)
    page_of(client)

    client.post(LIST, {"action": action, "_selected_action": [schedule.pk], "post": "yes"})

    assert {**vars(Schedule.objects.get()), "_state": 0} == {**before, "_state": 0}


@pytest.mark.parametrize("address", [LIST, f"{LIST}?action=run_now&_selected_action=x", f"{LIST}add/"])
def test_looking_changes_nothing(admin_client, schedule, address):
    admin_client.get(address)

    assert {**vars(Schedule.objects.get()), "_state": 0} == {**vars(schedule), "_state": 0}
