"""Imports and deals in the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.deals.admin import DealAdmin
from apps.deals.models import Deal, Import
from tests.integration.deals.conftest import Post, Top, csv_of, deal, run_import

pytestmark = pytest.mark.django_db

IMPORTS = "/admin/deals/import/"
DEALS = "/admin/deals/deal/"


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def make_active(client: Client, *imports: Import) -> str:
    chosen = [one.pk for one in imports]
    answer = client.post(IMPORTS, {"action": "make_active_again", "_selected_action": chosen}, follow=True)
    return answer.content.decode()


def test_the_list_shows_who_when_how_many_how_long_and_what_became_of_it(admin_client: Client, post: Post) -> None:
    post(csv_of(deal("anna"), deal("bob")))
    post(b"nonsense")
    good, bad = Import.objects.order_by("turn")

    page = page_of(admin_client, IMPORTS)

    assert f'<a href="{DEALS}?origin={good.pk}">2</a>' in page
    assert "127.0.0.1" in page
    assert "deals.csv" in page
    assert f"{(good.finished_at - good.started_at).total_seconds():.1f} s" in page
    assert f'<a href="{IMPORTS}{bad.pk}/change/">' in page
    assert 'class="field-fault_count">1<' in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [("?status__exact=failed", "bad.csv"), ("?status__exact=active", "good.csv"), ("?q=good", "good.csv")],
)
def test_the_list_can_be_narrowed(admin_client: Client, query: str, shown: str) -> None:
    run_import(csv_of(deal("anna")))
    run_import(b"nonsense")
    Import.objects.filter(status="active").update(name="good.csv")
    Import.objects.filter(status="failed").update(name="bad.csv")

    page = page_of(admin_client, IMPORTS + query)

    assert shown in page
    assert ("bad.csv" in page) != ("good.csv" in page)


def test_an_import_shows_its_answer_and_its_faults_and_nothing_of_them_is_run(admin_client: Client) -> None:
    good = run_import(csv_of(deal("<b>anna</b>", "Ruby", "10.50"), deal("bob", "Ruby", 1)))
    bad = run_import(csv_of("<i>eve</i>,b,x,1,2018-12-14"))

    of_good, of_bad = (page_of(admin_client, f"{IMPORTS}{one.pk}/change/") for one in (good, bad))

    assert "<td>&lt;b&gt;anna&lt;/b&gt;</td><td>10.5</td><td>Ruby</td>" in of_good
    assert "line 2, column total: &#x27;x&#x27; is not an amount of money" in of_bad
    assert "&lt;i&gt;eve&lt;/i&gt;,b,x" in of_bad
    assert f'href="/api/v1/deals/imports/{bad.pk}/errors/"' in of_bad
    assert "<b>anna" not in of_good
    assert "<i>eve" not in of_bad


def test_imports_and_deals_are_neither_added_nor_changed_nor_deleted(admin_client: Client) -> None:
    import_ = run_import(csv_of(deal("anna")))
    stored = Deal.objects.get()

    for path, pk in ((IMPORTS, import_.pk), (DEALS, stored.pk)):
        assert admin_client.get(f"{path}add/").status_code == 403
        assert admin_client.post(f"{path}{pk}/change/", {"customer": "x", "status": "failed"}).status_code == 403
        assert admin_client.post(f"{path}{pk}/delete/", {"post": "yes"}).status_code == 403
        assert "_save" not in page_of(admin_client, f"{path}{pk}/change/")


def test_the_last_replaced_import_is_made_active_again(admin_client: Client, top: Top) -> None:
    first, second = (run_import(csv_of(deal(name))) for name in ("first", "second"))

    page = make_active(admin_client, first)

    assert f"Import {first.pk} is active again." in page
    assert [one["username"] for one in top()] == ["first"]
    second.refresh_from_db()
    assert second.status == "superseded"
    assert "Made active again." in page_of(admin_client, f"{IMPORTS}{first.pk}/history/")


def test_one_whose_deals_are_gone_is_not_and_neither_are_two(admin_client: Client, top: Top) -> None:
    first, second, _ = (run_import(csv_of(deal(name))) for name in ("first", "second", "third"))

    assert "are not kept" in make_active(admin_client, first)
    assert "Select one import." in make_active(admin_client, first, second)
    assert [one["username"] for one in top()] == ["third"]


def test_the_active_one_is_told_apart_from_one_whose_deals_are_gone(admin_client: Client, top: Top) -> None:
    only = run_import(csv_of(deal("only")))

    assert "is the active one already" in make_active(admin_client, only)
    assert [one["username"] for one in top()] == ["only"]


def test_who_may_only_look_cannot_switch(client: Client, top: Top) -> None:
    first, _ = (run_import(csv_of(deal(name))) for name in ("first", "second"))
    user = User.objects.create_user("looker", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_import", "view_deal"]))
    client.force_login(user)

    make_active(client, first)

    assert [one["username"] for one in top()] == ["second"]


def test_an_editor_who_may_change_imports_sees_and_switches_them(client: Client, top: Top) -> None:
    first, _ = (run_import(csv_of(deal(name))) for name in ("first", "second"))
    user = User.objects.create_user("editor", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="change_import"))
    client.force_login(user)

    assert f"{IMPORTS}{first.pk}/change/" in page_of(client, IMPORTS)
    assert client.get(DEALS).status_code == 403
    make_active(client, first)

    assert [one["username"] for one in top()] == ["first"]


def test_deals_are_those_of_the_active_import_or_of_the_one_that_is_chosen(admin_client: Client) -> None:
    gone, kept, active = (run_import(csv_of(deal(name), deal(name))) for name in ("gone", "kept", "active"))

    shown = {path: page_of(admin_client, path) for path in (DEALS, f"{DEALS}?origin={kept.pk}")}

    assert shown[DEALS].count('class="field-customer">active<') == 2
    assert 'class="field-customer">kept<' not in shown[DEALS]
    assert shown[f"{DEALS}?origin={kept.pk}"].count('class="field-customer">kept<') == 2
    assert f"?origin={active.pk}" in shown[DEALS]
    assert f"?origin={gone.pk}" not in shown[DEALS]


@pytest.mark.parametrize("value", ["x", "0", "99999999999999999999999", "-1", "²"])
def test_an_import_that_is_not_there_has_no_deals(admin_client: Client, value: str) -> None:
    run_import(csv_of(deal("anna")))

    assert 'class="field-customer"' not in page_of(admin_client, f"{DEALS}?origin={value}")


def test_before_the_first_import_there_are_no_deals(admin_client: Client) -> None:
    assert "0 deals" in page_of(admin_client, DEALS)


def test_pages_of_deals_are_read_through_the_index_and_nothing_is_counted(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DealAdmin, "list_per_page", 2)
    run_import(csv_of(*[deal(f"customer{number}") for number in range(5)]))

    with CaptureQueriesContext(connection) as queries:
        page = page_of(admin_client, f"{DEALS}?p=3")

    of_deals = [query["sql"] for query in queries if 'FROM "deals_deal"' in query["sql"]]
    assert "customer4" in page
    assert "customer3" not in page
    assert "5 deals" in page
    assert len(of_deals) == 1
    assert "COUNT" not in of_deals[0]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")  # as among millions
        cursor.execute(f"EXPLAIN {of_deals[0]}")
        plan: list[Any] = cursor.fetchall()
    assert "deal_of_import" in str(plan)
    assert "Sort" not in str(plan)
