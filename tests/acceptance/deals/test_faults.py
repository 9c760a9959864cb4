"""Whatever is killed or restarted during imports: what is answered is always one whole dataset that was sent."""

import random
import threading
from typing import Any

import pytest
import requests

from apps.deals.lifecycle import SWITCH_LOCK
from apps.ops.embedded.postgres import PostgresServer
from apps.ops.embedded.redis import RedisServer
from tests.acceptance.deals.conftest import ASYNC, Deals, Threads, Web, dataset, number_of
from tests.support.processes import ChildProcess, wait_until

pytestmark = pytest.mark.slow

#: Long enough in the making to be hit by a kill.
LARGE_ROWS = 200_000


def kill_while_importing(deals: Deals, victim: Any, import_id: int) -> None:
    """Kill once the import's own transaction is at work: COPY is running."""
    copying = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY deals_deal%%' AND state = 'active'"
    wait_until(lambda: deals.query(copying), 30, f"import {import_id} copies")
    victim()


def test_an_import_whose_worker_is_killed_starts_over_and_nobody_sees_half_of_it(
    deals: Deals, threads: Threads
) -> None:
    web, worker = deals.start_web(), deals.start_worker()
    web.post(dataset(1, LARGE_ROWS))
    seen: set[int] = set()
    threads.repeat(lambda: seen.add(web.number(LARGE_ROWS)))

    import_id = web.post(dataset(2, LARGE_ROWS), **ASYNC).json()["id"]
    kill_while_importing(deals, lambda: [process.kill() for process in worker.processes()[1:]], import_id)

    assert deals.query("SELECT count(DISTINCT import_id) FROM deals_deal") == [(1,)]
    deals.wait_for_status(import_id, "active")
    wait_until(lambda: 2 in seen, 10, "the readers see the new dataset")
    threads.stop()
    assert seen == {1, 2}
    assert deals.query("SELECT count(*) FROM deals_deal WHERE import_id = %s", import_id) == [(LARGE_ROWS,)]
    assert deals.query("SELECT deaths, attempt FROM tasks_invocation WHERE actor = 'deals.import_stored'") == [(1, 2)]


@pytest.mark.parametrize("victim", ["worker", "web"])
def test_an_import_that_is_killed_just_before_its_end_was_never_there(deals: Deals, victim: str) -> None:
    """Its deals are stored and its answer is computed; it waits for the lock under which it would become active."""
    web, worker = deals.start_web(), deals.start_worker()
    web.post(dataset(1))
    waiting = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"
    with deals.connected() as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [SWITCH_LOCK])
        headers = ASYNC if victim == "worker" else {}
        sending = threading.Thread(target=send_and_forget, args=(web.url, dataset(2)), kwargs=headers)
        sending.start()
        ((pid,),) = wait_until(lambda: deals.query(waiting, SWITCH_LOCK), 30, "the import is about to end")
        (worker if victim == "worker" else web.process).kill_all()
        sending.join()
    wait_until(lambda: not deals.query("SELECT FROM pg_stat_activity WHERE pid = %s", pid), 30, "its connection ends")

    assert deals.query("SELECT count(*) FROM deals_deal") == [(10,)]
    assert deals.statuses() == ["active", "importing"]
    if victim == "web":
        web.start()
        assert web.number() == 1
    else:
        deals.start_worker()
        wait_until(lambda: web.number() == 2, 60, "it starts over")


def test_a_web_process_killed_during_an_import_leaves_the_old_dataset(deals: Deals) -> None:
    web = deals.start_web()
    web.post(dataset(1))
    sending = threading.Thread(target=send_and_forget, args=(web.url, dataset(2, LARGE_ROWS)))
    sending.start()

    kill_while_importing(deals, web.process.kill_all, 2)
    sending.join()
    web.start()

    assert web.number() == 1
    assert deals.query("SELECT count(*) FROM deals_deal") == [(10,)]
    assert web.post(dataset(3)).status_code == 200
    assert web.number() == 3


def test_two_uploads_at_once_end_in_the_order_in_which_they_were_accepted(deals: Deals) -> None:
    web = deals.start_web()
    answers: list[requests.Response] = []
    large = threading.Thread(target=lambda: answers.append(web.post(dataset(1, LARGE_ROWS))))
    large.start()
    wait_until(lambda: deals.statuses() == ["importing"], 30, "the large upload is being imported")

    small = web.post(dataset(2))
    large.join()

    assert small.json()["Status"] == "OK"
    assert "superseded" not in small.json()
    assert (answers[0].status_code, answers[0].json()["superseded"]) == (200, True)
    assert web.number() == 2
    assert deals.statuses() == ["superseded", "active"]


def send_and_forget(url: str, content: bytes, **headers: str) -> bool:
    """Whether it was acknowledged; a server that goes away is no error here."""
    try:
        answer = requests.post(url, data=content, headers={"Content-Type": "text/csv", **headers}, timeout=60)
    except requests.RequestException:
        return False
    return answer.ok


class Crowd:
    """Two readers and a writer that put up with errors, but not with an answer that is wrong."""

    ROWS = 20_000

    def __init__(self, web: Web, threads: Threads) -> None:
        self.web = web
        self.sent = self.acknowledged = self.read = 0
        self.last_imported = 0
        self._chance = random.Random(7)
        self._threads = threads
        for _ in range(2):
            threads.repeat(self._read)
        threads.repeat(self._write)

    def wait_for_three_more(self) -> None:
        goal = self.sent + 3
        wait_until(lambda: self._threads.errors or self.sent >= goal, 60, "three more files are sent")

    def _read(self) -> None:
        before = self.last_imported
        try:
            answer = requests.get(self.web.url, timeout=20)
        except requests.RequestException:
            return
        assert answer.status_code in {200, 503}, answer.text
        if answer.status_code == 200:
            number = number_of(answer.content, self.ROWS)
            assert before <= number <= self.sent, f"{number}, when {before} was imported and {self.sent} sent"
            self.read += 1

    def _write(self) -> None:
        self.sent += 1
        headers = ASYNC if self._chance.random() < 0.5 else {}
        answered = send_and_forget(self.web.url, dataset(self.sent, self.ROWS), **headers)
        self.acknowledged += answered
        if answered and not headers:
            self.last_imported = self.sent


def test_whatever_is_restarted_the_dataset_is_one_that_was_sent_and_whole(
    deals: Deals, own_postgres: PostgresServer, own_redis: RedisServer, threads: Threads, record_property: Any
) -> None:
    """Web, worker, PostgreSQL and Redis are killed or restarted, each twice, in the middle of imports."""
    web = deals.start_web()
    workers: list[ChildProcess] = [deals.start_worker()]

    def replace_web() -> None:
        web.process.kill_all()
        web.start()

    def replace_worker() -> None:
        workers[-1].kill_all()
        workers.append(deals.start_worker())

    def restart(server: PostgresServer | RedisServer) -> None:
        server.stop()
        server.start()

    faults = [replace_web, replace_worker, lambda: restart(own_postgres), lambda: restart(own_redis)] * 2
    random.Random(7).shuffle(faults)
    crowd = Crowd(web, threads)
    for fault in faults:
        crowd.wait_for_three_more()
        fault()
    crowd.wait_for_three_more()
    threads.stop()
    unfinished = "SELECT id FROM deals_import WHERE status IN ('queued', 'importing') AND invocation_id > ''"
    wait_until(lambda: not deals.query(unfinished), 60, "every import of a task has ended")

    record_property("figure", f"{crowd.acknowledged} of {crowd.sent} files acknowledged, {crowd.read} whole answers")
    assert crowd.read > 20
    assert 0 < web.number(crowd.ROWS) <= crowd.sent
    ((active, turn),) = deals.query("SELECT id, turn FROM deals_import WHERE status = 'active'")
    assert deals.query("SELECT count(*) FROM deals_deal WHERE import_id = %s", active) == [(crowd.ROWS,)]
    assert deals.query("SELECT count(*) FROM deals_import WHERE status = 'superseded' AND turn > %s", turn) == [(0,)]
