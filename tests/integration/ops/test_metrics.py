"""What `/metrics` says: the web process's requests, the ledger's state, and what workers have measured."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from apps.ops.metrics import collectors, requests
from apps.tasks import ledger, measures
from apps.tasks.bell import redis_client
from apps.tasks.models import Measure
from apps.tasks.sql import statement
from tests.support.processes import REPOSITORY

MONITORING = REPOSITORY / "docs" / "monitoring"
NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def nothing_pending(db: None) -> None:
    measures.pending.forget()


def scrape(client: Client, **headers: str) -> list[Sample]:
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 200
    return [one for family in text_string_to_metric_families(response.content.decode()) for one in family.samples]


def value(samples: list[Sample], name: str, **labels: str) -> float:
    found = [one.value for one in samples if one.name == name and one.labels == labels]
    assert len(found) == 1, f"{name}{labels} is there {len(found)} times"
    return found[0]


def requests_of(samples: list[Sample], **labels: str) -> float:
    name = "understudy_http_request_duration_seconds_count"
    return sum(one.value for one in samples if one.name == name and one.labels == labels)


def test_a_request_is_counted_under_its_route_not_its_address(client: Client) -> None:
    labels = {"method": "GET", "route": "/api/v1/files/<int:file_id>/", "status": "404"}
    before = requests_of(scrape(client), **labels)
    client.get("/api/v1/files/987654/")
    assert requests_of(scrape(client), **labels) == before + 1
    assert "987654" not in client.get("/metrics").content.decode()


def test_unknown_addresses_and_methods_share_one_line(client: Client) -> None:
    labels = {"method": "other", "route": "none", "status": "404"}
    before = requests_of(scrape(client), **labels)
    for number in range(3):
        client.generic(f"FETCH{number}", f"/nowhere/{number}/")
    assert requests_of(scrape(client), **labels) == before + 3


def test_queues_tell_how_much_waits_and_for_how_long(client: Client, insert: Callable[..., str]) -> None:
    late = [insert(queue="slow", priority=priority) for priority in (0, 5)]
    insert(queue="quick")
    insert(queue="slow", delay_ms=60_000)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tasks_invocation SET due_at = now() - interval '90 s' WHERE id = %s", [late[1]])
    samples = scrape(client)
    assert value(samples, "understudy_queue_depth", queue="slow") == 2
    assert value(samples, "understudy_queue_depth", queue="quick") == 1
    assert 90 <= value(samples, "understudy_queue_oldest_seconds", queue="slow") < 150
    assert value(samples, "understudy_invocations_now", status="scheduled") == 1


def test_running_and_dead_invocations_and_workers_are_told(
    client: Client, insert: Callable[..., str], worker: str, claim: Callable[..., Any]
) -> None:
    insert(), insert()
    held = claim(limit=1)[0].claim
    ledger.give_up(held, ends_as="dead", error="it broke", traceback="")
    claim(limit=1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tasks_invocation SET started_at = now() - interval '30 s' WHERE status = 'running'")
    samples = scrape(client)
    assert value(samples, "understudy_invocations_now", status="ending") == 1
    assert value(samples, "understudy_invocations_now", status="running") == 1
    assert value(samples, "understudy_running_longest_seconds") >= 30
    assert value(samples, "understudy_workers") == 1


def test_what_several_processes_measured_is_added_up(client: Client) -> None:
    for _ in range(2):
        measures.pending.attempt("files.process", "succeeded", ran_seconds=0.3, waited_seconds=0)
        measures.flush()
    measures.pending.attempt("files.process", "succeeded", ran_seconds=4_000, waited_seconds=20)
    measures.pending.attempt("files.process", "retried", ran_seconds=1, waited_seconds=0)
    measures.flush()
    samples = scrape(client)
    labels = {"actor": "files.process", "outcome": "succeeded"}
    assert value(samples, "understudy_invocations_total", **labels) == 3
    assert value(samples, "understudy_attempt_wait_seconds_bucket", actor="files.process", le="10.0") == 3
    assert value(samples, "understudy_attempt_wait_seconds_count", actor="files.process") == 4
    assert value(samples, "understudy_attempt_duration_seconds_bucket", **labels, le="0.1") == 0
    assert value(samples, "understudy_attempt_duration_seconds_bucket", **labels, le="0.5") == 2
    assert value(samples, "understudy_attempt_duration_seconds_bucket", **labels, le="1800.0") == 2
    assert value(samples, "understudy_attempt_duration_seconds_count", **labels) == 3
    assert value(samples, "understudy_attempt_duration_seconds_sum", **labels) == pytest.approx(4_000.6)


def test_with_nothing_pending_nothing_is_written() -> None:
    with CaptureQueriesContext(connection) as queries:
        measures.flush()
    assert not queries.captured_queries


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_written_is_kept_for_the_next_time(absent_database: None, monkeypatch: Any) -> None:
    measures.pending.count(measures.TAKEN_BACK, 2)
    with pytest.raises(Exception, match="refused"):
        measures.flush()
    monkeypatch.undo()
    measures.flush()
    assert Measure.objects.get(measure=measures.TAKEN_BACK).amount == 2


def test_figures_of_tasks_that_are_no_more_are_forgotten() -> None:
    measures.pending.count(measures.INVOCATIONS, actor="old", outcome="succeeded")
    measures.pending.count(measures.INVOCATIONS, actor="new", outcome="succeeded")
    measures.flush()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tasks_measure SET changed_at = now() - interval '8 days' WHERE labels LIKE '%old%'")
    measures.forget_old(days=7)
    assert [json.loads(row.labels)["actor"] for row in Measure.objects.all()] == ["new"]


def test_reading_costs_the_same_however_much_waits(client: Client, insert: Callable[..., str]) -> None:
    for _ in range(3):
        insert()
    with CaptureQueriesContext(connection) as few:
        scrape(client)
    for _ in range(50):
        insert()
    with CaptureQueriesContext(connection) as many:
        scrape(client)
    assert len(few) == len(many) <= 12


MANY_ROWS = """
INSERT INTO tasks_invocation (id, queue, actor, payload, priority, status, due_at, created_at, finished_at,
    attempt, retries, deaths, worker, ends_as, error, traceback)
SELECT n::text, 'default', 'a', '{}', n % 3, (ARRAY['queued', 'dead', 'scheduled', 'succeeded'])[1 + n % 4],
    now(), now(), CASE WHEN n % 4 IN (1, 3) THEN now() END, 1, 0, 0, '', '', '', ''
FROM generate_series(1, 20000) AS n
"""


@pytest.mark.parametrize("name", ["backlog", "numbers"])
def test_counting_looks_at_no_more_rows_than_it_counts(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MANY_ROWS)
        cursor.execute("ANALYZE tasks_invocation")
        # Far fewer than there are of each state: reading them all and sorting them is right where most are wanted.
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement(name)}", {"most": 250})
        plan = cursor.fetchone()[0][0]["Plan"]
    assert max(rows_of(plan)) <= 250


def rows_of(plan: dict[str, Any]) -> list[float]:
    """How many each node of the plan looked at, in each of its runs."""
    looked_at = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    return [looked_at, *(rows for inner in plan.get("Plans", []) for rows in rows_of(inner))]


@pytest.mark.django_db(transaction=True)
def test_without_a_database_the_requests_are_told_all_the_same(client: Client, absent_database: None) -> None:
    samples = scrape(client)
    assert value(samples, "understudy_database_up") == 0
    assert value(samples, "understudy_redis_up") == 1


def test_without_redis_the_ledger_is_told_all_the_same(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for one in collectors._tallies():
        monkeypatch.setattr(one, "client", redis_client(NOBODY, timeout_seconds=0.5))
    samples = scrape(client)
    assert value(samples, "understudy_database_up") == 1
    assert value(samples, "understudy_redis_up") == 0


@override_settings(METRICS_TOKEN="the-token")
@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic the-token", "Bearer", "the-token"])
def test_with_a_token_set_nobody_reads_without_it(client: Client, header: str | None) -> None:
    response = client.get("/metrics", headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Bearer")


@override_settings(METRICS_TOKEN="the-token")
def test_with_the_token_they_are_read(client: Client) -> None:
    assert scrape(client, Authorization="Bearer the-token")


@pytest.mark.parametrize("source", ["dashboard.json", "alarms.yml"])
def test_every_query_names_a_metric_that_exists(client: Client, source: str) -> None:
    client.get("/metrics")
    requests.count_refused(413)
    measures.pending.attempt("a", "succeeded", ran_seconds=1, waited_seconds=1)
    measures.flush()
    families = list(text_string_to_metric_families(client.get("/metrics").content.decode()))
    known = {one.name for family in families for one in family.samples} | {family.name for family in families}
    named = set(re.findall(r"understudy_\w+", (MONITORING / source).read_text(encoding="utf-8")))
    assert named
    assert not named - known


def test_every_alarm_is_explained() -> None:
    rules = yaml.safe_load((MONITORING / "alarms.yml").read_text(encoding="utf-8"))
    named = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    told = re.findall(
        r"^\| `(\w+)` \|", (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert named
    assert sorted(told) == sorted(named)
