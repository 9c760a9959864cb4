"""What the admin's front page says of the state of things, and to whom."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.ops import charts, state
from apps.ops.charts import Bar
from apps.ops.templatetags.overview import duration
from apps.tasks import measures
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def end(insert: Callable[..., str]) -> Callable[..., str]:
    """An invocation that ended so long ago, after running for so many seconds."""

    def write(status: str, *, hours_ago: float = 0.0, ran_seconds: float = 1.0, **columns: Any) -> str:
        ended = insert(**columns)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE tasks_invocation SET status = %s, finished_at = %s, started_at = %s WHERE id = %s",
                [status, at := timezone.now() - timedelta(hours=hours_ago), at - timedelta(seconds=ran_seconds), ended],
            )
        return ended

    return write


def test_it_tells_what_waits_what_was_given_up_and_what_is_slow(end: Callable[..., str], insert: Any) -> None:
    insert(queue="a")
    insert(queue="b")
    end("dead", hours_ago=100)
    end("dead", hours_ago=2)
    end("failed")
    slow = end("succeeded", ran_seconds=600, actor="slow.one")
    end("succeeded", ran_seconds=2)

    now = state.current()

    assert (now.waiting, [queue.queue for queue in now.backlog]) == (2, ["a", "b"])
    assert (now.failed, now.dead, now.numbers.dead) == (1, 1, 2)
    assert (now.slowest[0].id, now.slowest[0].actor, round(now.slowest[0].seconds)) == (slow, "slow.one", 600)
    assert [bar.number for bar in now.given_up if bar.number] == [1, 1]


def test_uploads_and_views_are_told_by_the_hour() -> None:
    factories.make_file()
    measures.pending.forget()
    measures.count_events("pages.views", 3)
    measures.count_events("pages.views", 0)
    measures.count_events("other", 5)
    measures.flush()
    now = state.current()
    assert sum(bar.number for bar in now.uploads) == 1
    assert sum(bar.number for bar in now.views) == 3
    assert len(now.views) == len(now.uploads) == 24


def test_it_costs_the_same_however_much_there_is(end: Callable[..., str], insert: Any) -> None:
    end("failed"), insert()
    with CaptureQueriesContext(connection) as few:
        state.current()
    for number in range(30):
        end(("failed", "dead", "succeeded")[number % 3]), insert(queue=f"q{number}")
    with CaptureQueriesContext(connection) as many:
        state.current()
    assert len(few) == len(many) <= 12


def test_the_front_page_shows_it_to_who_may_see_invocations(admin_client: Client, end: Callable[..., str]) -> None:
    end("dead")
    page = admin_client.get("/admin/").content.decode()
    assert 'id="overview"' in page
    assert 'aria-label="Page views: 0 in all' in page
    assert "<script" not in page.partition('id="overview"')[2].partition("</section>")[0]


def test_an_editor_sees_the_front_page_without_it_and_without_its_queries(client: Client) -> None:
    client.force_login(User.objects.create_user("editor", is_staff=True))
    with CaptureQueriesContext(connection) as queries:
        page = client.get("/admin/").content.decode()
    assert 'id="overview"' not in page
    assert not [one for one in queries.captured_queries if "tasks_" in one["sql"]]


def test_a_bar_is_as_high_as_its_number_and_one_of_many_is_still_seen() -> None:
    drawn = charts.bars("<Views>", [Bar("10:00", 0), Bar("11:00", 1), Bar("12:00", 1000)])
    assert 'height="72.0"' in drawn
    assert f'height="{charts.LEAST}"' in drawn
    assert "&lt;Views&gt;: 1001 in all, 1000 at most" in drawn


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.214, "0.21 s"), (1.0, "1 s"), (59.6, "60 s"), (200, "3 min"), (7300, "2 h"), (400_000, "4 days")],
)
def test_a_time_is_told_as_people_say_it(seconds: float, told: str) -> None:
    assert duration(seconds) == told
