"""Imports in the background, and what is tidied up after crashes."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from storages.utils import is_seekable

from apps.common import orphans, storage
from apps.deals import lifecycle, services, tasks
from apps.deals.models import Deal, Import
from apps.deals.processors import importing
from apps.deals.processors import progress as progress_module
from apps.deals.processors.progress import Progress
from apps.tasks.endings import Ended
from apps.tasks.models import Invocation
from tests.integration.deals.conftest import ASYNC, DEALS, Post, Top, accept, csv_of, deal, run_import, stored_files

pytestmark = pytest.mark.django_db


def queue(post: Post, content: bytes) -> Import:
    assert post(content, **ASYNC).status_code == 202
    return Import.objects.latest("turn")


def ended(import_: Import, status: str = "dead") -> Ended:
    return Ended(
        id=import_.invocation_id, actor="deals.import_stored", args=[import_.pk], kwargs={}, status=status, error="x"
    )


def test_a_file_that_waits_is_stored_and_its_task_is_sent(post: Post, media: Path) -> None:
    content = csv_of(deal("anna"))

    queued = queue(post, content)

    sent = Invocation.objects.get()
    assert (sent.id, sent.actor) == (queued.invocation_id, "deals.import_stored")
    assert [path.read_bytes() for path in stored_files(media)] == [content]
    assert queued.source.startswith("deals/")
    assert "deals.csv" not in queued.source


class AskingStorage(FileSystemStorage):
    """As S3's, it asks first whether what it is given can be read from its beginning."""

    def _save(self, name: str, content: Any) -> str:
        if is_seekable(content):
            content.seek(0)
        return str(super()._save(name, content))


@pytest.mark.parametrize("send", ["post", "post_raw"])
def test_a_form_and_a_body_can_wait_in_any_storage(
    request: pytest.FixtureRequest, send: str, settings: Any, media: Path
) -> None:
    asking = {"BACKEND": f"{__name__}.AskingStorage"}
    settings.STORAGES = {**settings.STORAGES, "default": asking}
    content = csv_of(deal("anna"))

    answer = request.getfixturevalue(send)(content, **ASYNC)

    assert answer.status_code == 202
    assert [path.read_bytes() for path in stored_files(media)] == [content]


def test_the_task_imports_it_and_removes_the_file(post: Post, top: Top, media: Path) -> None:
    queued = queue(post, csv_of(deal("anna")))

    tasks.import_stored(queued.pk)

    queued.refresh_from_db()
    assert (queued.status, queued.progress, queued.rows, queued.source) == ("active", 100, 1, "")
    assert [one["username"] for one in top()] == ["anna"]
    assert not stored_files(media)


def test_the_task_of_an_import_that_has_ended_does_nothing(post: Post) -> None:
    queued = queue(post, csv_of(deal("anna")))
    tasks.import_stored(queued.pk)
    before = Import.objects.values().get()

    tasks.import_stored(queued.pk)

    assert Import.objects.values().get() == before
    assert Deal.objects.count() == 1


def test_a_faulty_file_ends_its_import_not_its_task(post: Post, media: Path) -> None:
    queued = queue(post, csv_of("a,b,x,1,2018-12-14"))

    tasks.import_stored(queued.pk)

    queued.refresh_from_db()
    assert queued.status == "failed"
    assert queued.errors[0]["code"] == "not_money"
    assert not stored_files(media)


def test_a_declared_charset_waits_with_the_file(post_raw: Post, top: Top) -> None:
    content = csv_of(deal("я")).decode().encode("cp1251")
    assert post_raw(content, content_type="text/csv; charset=windows-1251", **ASYNC).status_code == 202

    tasks.import_stored(Import.objects.get().pk)

    assert [one["username"] for one in top()] == ["я"]


def test_a_task_that_broke_off_starts_over(post: Post, top: Top, monkeypatch: pytest.MonkeyPatch) -> None:
    queued = queue(post, csv_of(*[deal(f"customer{number}") for number in range(5)]))
    compute = importing.answers.compute

    def fail(_import_id: int) -> str:
        monkeypatch.setattr(importing.answers, "compute", compute)
        raise OperationalError("the database went away")

    monkeypatch.setattr(importing.answers, "compute", fail)
    with pytest.raises(OperationalError):
        tasks.import_stored(queued.pk)
    queued.refresh_from_db()
    assert queued.status == "importing"
    assert top() == []

    tasks.import_stored(queued.pk)

    queued.refresh_from_db()
    assert (queued.status, queued.rows) == ("active", 5)
    assert Deal.objects.count() == 5


@pytest.mark.parametrize(("status", "code"), [("dead", "import_failed"), ("cancelled", "cancelled")])
@pytest.mark.parametrize("was", ["queued", "importing"])
def test_an_import_whose_task_is_given_up_has_failed(
    post: Post, client: Client, was: str, status: str, code: str
) -> None:
    queued = queue(post, csv_of(deal("anna")))
    if was == "importing":
        lifecycle.begin(queued.pk)

    tasks.give_up(ended(queued, status))

    answer = client.get(f"{DEALS}imports/{queued.pk}/").json()
    assert (answer["status"], answer["errors"][0]["code"], answer["errors"][0]["line"]) == ("failed", code, None)


@pytest.mark.parametrize("status", ["dead", "cancelled"])
def test_the_file_of_an_import_whose_task_is_given_up_goes_at_once(
    post: Post, media: Path, status: str, django_capture_on_commit_callbacks: Any
) -> None:
    queued = queue(post, csv_of(deal("anna")))
    waiting = queue(post, csv_of(deal("bert")))

    with django_capture_on_commit_callbacks(execute=True):
        tasks.give_up(ended(queued, status))

    assert [str(path.relative_to(media)) for path in stored_files(media)] == [waiting.source]


def test_a_task_given_up_touches_no_import_but_its_own_and_none_that_has_ended(post: Post) -> None:
    queued = queue(post, csv_of(deal("anna")))
    lifecycle.give_up(queued.pk, invocation_id="another", code="x", detail="x")
    queued.refresh_from_db()
    assert queued.status == "queued"
    tasks.import_stored(queued.pk)

    tasks.give_up(ended(queued))

    queued.refresh_from_db()
    assert queued.status == "active"


def test_no_file_stays_when_its_row_cannot_be_written(
    post: Post, media: Path, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    def fail(**_columns: Any) -> None:
        raise RuntimeError

    client.raise_request_exception = False
    monkeypatch.setattr(services.tasks.import_stored, "apply_async", fail)

    assert post(csv_of(deal("anna")), **ASYNC).status_code == 500

    assert not stored_files(media)
    assert not Import.objects.exists()


def test_bytes_that_no_import_waits_for_are_swept_up(post: Post, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = queue(post, csv_of(deal("anna")))
    storage.keep(tasks.SOURCES, ContentFile(b"left behind"))
    tasks.tidy_up()
    assert len(stored_files(media)) == 2  # an upload may be about to write its row
    monkeypatch.setattr(orphans, "AGE", timedelta(seconds=-1))

    tasks.tidy_up()

    assert [str(path.relative_to(media)) for path in stored_files(media)] == [waiting.source]


def test_progress_is_noted_at_most_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    noted: list[list[int]] = []
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now)

    class Cursor:
        def __enter__(self) -> "Cursor":
            return self

        def __exit__(self, *_error: object) -> None:
            return

        def execute(self, _statement: str, parameters: list[int]) -> None:
            noted.append(parameters)

    with Progress(7, total_bytes=1_000) as progress:
        progress._connection = type("Connection", (), {"cursor": lambda _self: Cursor(), "close": lambda _self: None})()
        for tenths in range(41):
            now = tenths / 10
            progress.note(tenths * 25, tenths)

    assert noted == [[25, 10, 7], [50, 20, 7], [75, 30, 7], [99, 40, 7]]


@pytest.mark.django_db(transaction=True)
def test_readers_see_progress_while_nothing_of_the_import_is_committed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_module, "SECONDS", 0)
    content = csv_of(*[deal(f"customer{number}") for number in range(20_000)])
    import_, stream = accept(content)
    other = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    other.autocommit = True
    seen: list[tuple[int, int, str, int]] = []
    rows_for_copy = importing.DealsFile.rows_for_copy

    def watched(file: importing.DealsFile) -> Iterator[bytes]:
        for block in rows_for_copy(file):
            yield block
            with other.cursor() as cursor:
                cursor.execute("SELECT progress, rows, status, (SELECT count(*) FROM deals_deal) FROM deals_import")
                seen.append(cursor.fetchone())

    monkeypatch.setattr(importing.DealsFile, "rows_for_copy", watched)

    importing.import_deals(import_, stream)
    other.close()

    percents = [percent for percent, *_ in seen]
    assert percents == sorted(percents)
    assert 0 < percents[0] < percents[-1] <= 99
    assert {(status, committed) for _, _, status, committed in seen} == {("importing", 0)}
    assert client.get(f"{DEALS}imports/{import_.pk}/").json()["progress"] == 100


@pytest.mark.django_db(transaction=True)
def test_an_import_that_nobody_reads_any_more_has_failed_and_one_that_is_read_has_not() -> None:
    old = timezone.now() - timedelta(hours=1)
    abandoned, _ = accept(b"x")
    held, _ = accept(b"x")
    of_a_task, _ = accept(b"x")
    Import.objects.update(created_at=old)
    Import.objects.filter(pk=of_a_task.pk).update(invocation_id="a task")
    young, _ = accept(b"x")
    reader = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    with reader.cursor() as cursor:
        cursor.execute("SELECT FROM deals_import WHERE id = %s FOR KEY SHARE", [held.pk])

    tasks.tidy_up()
    reader.close()

    failed = Import.objects.filter(status="failed")
    assert [one.pk for one in failed] == [abandoned.pk]
    assert failed[0].errors[0]["code"] == "interrupted"
    assert Import.objects.filter(status="importing").count() == 3
    assert young.status == "importing"


@pytest.mark.django_db(transaction=True)
def test_an_import_holds_its_row_while_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """So nobody takes it for abandoned, however long it reads."""
    import_, stream = accept(csv_of(deal("anna")))
    Import.objects.update(created_at=timezone.now() - timedelta(hours=1))
    tidied: list[int] = []
    rows_for_copy = importing.DealsFile.rows_for_copy

    def watched(file: importing.DealsFile) -> Iterator[bytes]:
        with psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
            cursor = other.cursor()
            cursor.execute("SELECT id FROM deals_import WHERE status = 'importing' FOR UPDATE SKIP LOCKED")
            tidied.extend(cursor.fetchall())
        other.close()
        yield from rows_for_copy(file)

    monkeypatch.setattr(importing.DealsFile, "rows_for_copy", watched)

    importing.import_deals(import_, stream)

    assert tidied == []
    import_.refresh_from_db()
    assert import_.status == "active"


def test_what_reading_raises_is_raised_not_what_copy_makes_of_it() -> None:
    class Broken:
        def read(self, _size: int) -> bytes:
            raise OSError(5, "Input/output error")

    import_, _ = accept(b"x")
    with pytest.raises(OSError, match="Input/output error"):
        importing.import_deals(import_, Broken())


def test_an_interrupted_request_says_so_in_its_import(
    post: Post, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_import_id: int) -> str:
        raise RuntimeError

    client.raise_request_exception = False
    monkeypatch.setattr(importing.answers, "compute", fail)

    assert post(csv_of(deal("anna"))).status_code == 500

    recorded = Import.objects.get()
    assert (recorded.status, recorded.errors[0]["code"]) == ("failed", "interrupted")
    assert not Deal.objects.exists()


def test_a_date_without_an_offset_is_utc_wherever_the_worker_stands() -> None:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Tokyo"
    time.tzset()
    try:
        run_import(csv_of("anna,Ruby,1,1,2018-12-14 08:29:52"))
    finally:
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        time.tzset()

    assert Deal.objects.get().date.isoformat() == "2018-12-14T08:29:52+00:00"
