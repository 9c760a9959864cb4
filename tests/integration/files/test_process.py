"""The task that processes a file, called in place: what becomes of the row, the thumbnail and the bytes."""

import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from apps.files import lifecycle, services, tasks
from apps.files.models import File
from apps.files.processors import registry
from apps.files.processors.base import Context, Processed
from apps.tasks import leases, ledger, runs
from apps.tasks.endings import Ended
from apps.tasks.errors import ClaimLostError
from apps.tasks.ledger import ClaimedRow
from apps.tasks.models import Invocation
from tests import factories
from tests.integration.files.conftest import FILES, Upload, stored_files

pytestmark = pytest.mark.django_db


@contextmanager
def processor_doing(work: Any) -> Iterator[None]:
    """While it lasts, the processor of every file is `work(context)`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "process", lambda _kind, context: work(context))
        yield


def test_a_processed_file_says_what_was_found_and_what_it_cost(client: Client, upload: Upload) -> None:
    file_id = upload(b"one two\nthree\n")["id"]

    tasks.process_file(file_id)

    file = client.get(f"{FILES}{file_id}/").json()
    assert (file["status"], file["processed"], file["progress"], file["error"]) == ("processed", True, 100, None)
    assert file["processed_at"] > file["uploaded_at"]
    result = file["result"]
    assert result["sha256"] == hashlib.sha256(b"one two\nthree\n").hexdigest()
    assert result["mismatch"] is None
    assert 0 <= result["cpu_ms"] <= result["wall_ms"] + 1
    assert result["peak_memory_bytes"] > 10_000_000
    assert result["lines"] == 2


def test_an_image_gets_a_thumbnail_of_its_own_name(client: Client, upload: Upload, media: Path) -> None:
    file_id = upload(factories.png_bytes(1000, 500), "photo.png", "image/png")["id"]

    tasks.process_file(file_id)

    answer = client.get(f"{FILES}{file_id}/thumbnail/")
    assert answer.status_code == 200
    image = Image.open(io.BytesIO(b"".join(answer.streaming_content)))
    assert image.size == (256, 128)
    file = File.objects.get()
    assert stored_files(media) == sorted([media / file.file.name, media / file.thumbnail.name])
    assert file.thumbnail.name.startswith("thumbnails/")


def test_a_file_that_cannot_be_processed_fails_with_a_reason_and_stays_downloadable(
    client: Client, upload: Upload
) -> None:
    broken = b'{"a": 1,\n "b": }\n'
    file_id = upload(broken, "broken.json", "application/json")["id"]

    tasks.process_file(file_id)

    file = client.get(f"{FILES}{file_id}/").json()
    assert (file["status"], file["processed"], file["processed_at"], file["result"]) == ("failed", False, None, None)
    assert file["error"]["code"] == "invalid_json"
    assert "line 2" in file["error"]["detail"]
    assert b"".join(client.get(f"{FILES}{file_id}/content/").streaming_content) == broken


def test_the_bytes_are_never_changed(upload: Upload, media: Path) -> None:
    content = factories.png_bytes()
    file_id = upload(content, "photo.png", "image/png")["id"]

    tasks.process_file(file_id)

    assert (media / File.objects.get().file.name).read_bytes() == content


def test_a_second_run_does_nothing(upload: Upload, media: Path) -> None:
    file_id = upload(factories.png_bytes(), "photo.png", "image/png")["id"]
    tasks.process_file(file_id)
    before = File.objects.values().get()

    tasks.process_file(file_id)

    assert File.objects.values().get() == before
    assert len(stored_files(media)) == 2


def test_a_run_that_died_in_the_middle_is_taken_up_again() -> None:
    file = factories.make_file(status="processing", progress=40)

    tasks.process_file(file.pk)

    file.refresh_from_db()
    assert file.status == "processed"


def test_no_transaction_is_open_while_a_processor_works() -> None:
    file = factories.make_file()
    outside = len(connection.savepoint_ids)
    seen = []

    def look(_context: Context) -> Processed:
        seen.append(len(connection.savepoint_ids))
        return Processed({})

    with processor_doing(look):
        tasks.process_file(file.pk)

    assert seen == [outside]


def test_the_processor_is_told_all_about_the_file(media: Path) -> None:
    file = factories.make_file(b"1,2\n", name="a.csv", kind="table", content_type="text/csv", declared_type="x/y")
    seen: list[Context] = []

    with processor_doing(lambda context: seen.append(context) or Processed({})):
        tasks.process_file(file.pk)

    (context,) = seen
    assert context.path == media / file.file.name
    assert (context.name, context.declared, context.content_type, context.size) == ("a.csv", "x/y", "text/csv", 4)


def test_processing_takes_four_queries(upload: Upload) -> None:
    file_id = upload()["id"]

    with CaptureQueriesContext(connection) as queries:
        tasks.process_file(file_id)

    words = [query["sql"].split()[0] for query in queries]
    assert [word for word in words if word not in {"SAVEPOINT", "RELEASE"}] == ["UPDATE", "SELECT", "UPDATE"]


def test_a_file_deleted_before_its_turn_ends_quietly() -> None:
    tasks.process_file(404)

    assert not File.objects.exists()


@pytest.mark.parametrize("reads_again", [False, True], ids=["read already", "still reading"])
@pytest.mark.django_db(transaction=True)
def test_a_file_deleted_while_it_is_processed_leaves_nothing(media: Path, reads_again: bool) -> None:
    file = factories.make_file(factories.png_bytes(), kind="image", content_type="image/png")

    def delete_meanwhile(context: Context) -> Processed:
        services.delete_file(file.pk)
        if reads_again:
            context.path.read_bytes()
        return Processed({"width": 1}, thumbnail=b"pixels")

    with processor_doing(delete_meanwhile):
        tasks.process_file(file.pk)

    assert not File.objects.exists()
    assert not stored_files(media)


@pytest.mark.django_db(transaction=True)
def test_a_delete_that_meets_the_last_write_takes_the_new_thumbnail_along(media: Path) -> None:
    file = factories.make_file(factories.png_bytes(), kind="image", content_type="image/png")
    deleted = threading.Event()

    def delete() -> None:
        services.delete_file(file.pk)  # waits for the row, which the task's last write holds
        deleted.set()
        connections.close_all()

    thread = threading.Thread(target=delete)
    succeed = lifecycle.succeed

    def succeed_slowly(file_id: int, **outcome: Any) -> bool:
        taken = succeed(file_id, **outcome)
        thread.start()
        assert not deleted.wait(0.2)
        return taken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifecycle, "succeed", succeed_slowly)
        tasks.process_file(file.pk)
    thread.join(10)

    assert deleted.is_set()
    assert not stored_files(media)


def test_bytes_that_are_lost_are_an_error_not_a_silent_end(media: Path) -> None:
    file = factories.make_file()
    (media / file.file.name).unlink()

    with pytest.raises(FileNotFoundError):
        tasks.process_file(file.pk)


@pytest.mark.parametrize(
    ("text", "stored"),
    [("a\0b", "a\ufffdb"), ("\ud800", "?"), ({"k\0": [1, "\0", None, True]}, {"k\ufffd": [1, "\ufffd", None, True]})],
)
def test_what_postgresql_cannot_hold_is_replaced_in_a_result(text: Any, stored: Any) -> None:
    file = factories.make_file()

    with processor_doing(lambda _context: Processed({"found": text, "ratio": float("nan")})):
        tasks.process_file(file.pk)

    file.refresh_from_db()
    assert file.result["found"] == stored
    assert file.result["ratio"] is None


def test_an_error_detail_with_nul_can_be_stored() -> None:
    file = factories.make_file(status="processing")

    lifecycle.fail(file.pk, code="x", detail="a\0b")

    file.refresh_from_db()
    assert file.error_detail == "a\ufffdb"


def test_progress_is_written_once_a_second_at_most_and_never_says_all(monkeypatch: pytest.MonkeyPatch) -> None:
    file = factories.make_file(status="processing")
    clock = [100.0]
    monkeypatch.setattr(tasks.time, "monotonic", lambda: clock[0])
    progress = tasks.Progress(file.pk)
    written = []

    for seconds, done in [(0.0, 1), (0.9, 50), (0.2, 60), (0.1, 70), (1.5, 200), (1.0, 500)]:
        clock[0] += seconds
        progress(done, 200)
        written.append(File.objects.get().progress)

    assert written == [0, 0, 30, 30, 99, 99]


def test_progress_of_a_deleted_file_ends_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    file = factories.make_file()
    monkeypatch.setattr(tasks, "PROGRESS_SECONDS", 0.0)
    steps = []

    def work(context: Context) -> Processed:
        for step in range(3):
            steps.append(step)
            context.report(step, 3)
            File.objects.all().delete()
        return Processed({})

    with processor_doing(work):
        tasks.process_file(file.pk)

    assert steps == [0, 1]


def test_a_file_given_up_while_it_is_processed_stays_failed_and_gets_no_thumbnail(media: Path) -> None:
    file = factories.make_file()

    def be_cancelled_meanwhile(_context: Context) -> Processed:
        tasks.give_up(ending(file, status="cancelled"))
        return Processed({"lines": 1}, thumbnail=b"pixels")

    with processor_doing(be_cancelled_meanwhile):
        tasks.process_file(file.pk)

    file.refresh_from_db()
    assert (file.status, file.error_code, file.result) == ("failed", "cancelled", None)
    assert stored_files(media) == [media / file.stored_name]


@pytest.mark.parametrize("status", ["queued", "processed", "failed"])
def test_progress_of_a_file_that_is_no_longer_processed_ends_the_work(
    status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "PROGRESS_SECONDS", 0.0)
    file = factories.make_file(status=status)

    with pytest.raises(tasks.AbandonedError):
        tasks.Progress(file.pk)(1, 2)

    file.refresh_from_db()
    assert file.progress == 0


@pytest.fixture
def as_worker() -> Iterator[Callable[[], ClaimedRow]]:
    """Claims the one queued invocation, as a worker does; what this thread runs next is its attempt."""

    def claim() -> ClaimedRow:
        leases.register("worker-1", host="here", solo=False)
        (row,) = ledger.claim(queue="default", worker="worker-1", limit=2, suspects=False)
        runs.set_current(runs.Run(claim=row.claim, retries=0))
        return row

    yield claim
    runs.set_current(None)


@pytest.mark.parametrize(
    ("content", "status"), [(b"words\n", "processed"), (b"{broken", "failed")], ids=["processed", "unprocessable"]
)
def test_the_outcome_and_the_success_of_the_task_are_written_together(
    upload: Upload, as_worker: Callable[[], ClaimedRow], content: bytes, status: str
) -> None:
    file_id = upload(content, "a.json" if status == "failed" else "a.txt")["id"]
    row = as_worker()

    tasks.process_file(file_id)

    assert File.objects.get().status == status
    assert Invocation.objects.get(id=row.claim.id).status == "succeeded"


def test_an_attempt_that_was_superseded_changes_and_leaves_nothing(
    upload: Upload, as_worker: Callable[[], ClaimedRow], media: Path
) -> None:
    file_id = upload(factories.png_bytes(), "photo.png", "image/png")["id"]
    row = as_worker()
    Invocation.objects.filter(id=row.claim.id).update(attempt=row.claim.attempt + 1)

    with pytest.raises(ClaimLostError):
        tasks.process_file(file_id)

    file = File.objects.get()
    assert (file.status, file.processed, file.result) == ("processing", False, None)
    assert stored_files(media) == [media / file.stored_name]


def ending(file: File, **told: Any) -> Ended:
    return Ended(
        **{
            "id": file.invocation_id,
            "actor": "files.process_file",
            "args": [file.pk],
            "kwargs": {},
            "status": "dead",
            "error": "ValueError: /srv/app/x.py says no",
            **told,
        }
    )


@pytest.mark.parametrize("status", ["queued", "processing"])
@pytest.mark.parametrize(("end", "code"), [("dead", "processing_failed"), ("cancelled", "cancelled")])
def test_a_file_whose_task_was_given_up_fails_with_a_sentence_for_people(status: str, end: str, code: str) -> None:
    file = factories.make_file(status=status)

    tasks.give_up(ending(file, status=end))

    file.refresh_from_db()
    assert (file.status, file.processed, file.error_code) == ("failed", False, code)
    assert "can be processed again" in file.error_detail
    assert "/srv" not in file.error_detail


def test_a_task_called_with_keywords_is_given_up_the_same() -> None:
    file = factories.make_file()

    tasks.give_up(ending(file, args=[], kwargs={"file_id": file.pk}))

    file.refresh_from_db()
    assert file.status == "failed"


@pytest.mark.parametrize("status", ["processed", "failed"])
def test_giving_up_does_not_touch_a_file_that_has_ended(status: str) -> None:
    file = factories.make_file(status=status, error_detail="as it was")

    tasks.give_up(ending(file))

    file.refresh_from_db()
    assert (file.status, file.error_detail) == (status, "as it was")


def test_giving_up_an_older_task_does_not_touch_a_file_that_another_has() -> None:
    file = factories.make_file(status="processing")

    tasks.give_up(ending(file, id="an older one"))

    file.refresh_from_db()
    assert file.status == "processing"
