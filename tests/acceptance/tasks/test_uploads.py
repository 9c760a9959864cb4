"""Files are uploaded while worker processes are killed at random moments; each is processed, and none twice."""

import io
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests
from PIL import Image

from tests.support.chaos import Chaos
from tests.support.figures import percentiles_ms
from tests.support.processes import wait_until
from tests.support.service import Service

pytestmark = pytest.mark.slow

UPLOADS = 200
PAUSE_SECONDS = 0.08
#: PostgreSQL's own account of every success that was committed.
NOTE_SUCCESSES = """
CREATE FUNCTION note_success() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO probe_effect (kind, name) VALUES (TG_TABLE_NAME, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER note_success AFTER UPDATE ON tasks_invocation
    FOR EACH ROW WHEN (NEW.status = 'succeeded') EXECUTE FUNCTION note_success();
CREATE TRIGGER note_success AFTER UPDATE ON files_file
    FOR EACH ROW WHEN (NEW.status = 'processed') EXECUTE FUNCTION note_success();
"""


def contents() -> Iterator[tuple[str, bytes]]:
    """Files of each kind in turn, some tens of milliseconds of work each."""
    photo = io.BytesIO()
    Image.effect_noise((1600, 1200), 50).save(photo, "JPEG")
    files = [
        ("photo.jpg", photo.getvalue()),
        ("table.csv", b"name,price\n" + b"ruby,10\nopal,7.5\n" * 2_000),
        ("records.json", json.dumps([{"id": number} for number in range(2_000)]).encode()),
        ("text.txt", "Съешь же ещё этих мягких булок\n".encode() * 10_000),
        ("other.bin", bytes(range(256)) * 4_000),
    ]
    return itertools.islice(itertools.cycle(files), UPLOADS)


class Uploads:
    """A client that uploads one file after the other, on a thread of its own."""

    def __init__(self, url: str) -> None:
        self.accepted: list[str] = []
        self.refused: list[str] = []
        self._url = url
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def are_under_way(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        pause = threading.Event()
        for file in contents():
            answer = requests.post(f"{self._url}/api/v1/upload/", files={"file": file}, timeout=30)
            if answer.status_code == 201:
                self.accepted.append(str(answer.json()["id"]))
            else:
                self.refused.append(answer.text)
            pause.wait(PAUSE_SECONDS)


def test_two_hundred_uploads_under_kills_are_all_processed_and_each_once(
    service: Service, figure: Callable[[str], None]
) -> None:
    service.ledger.rows(NOTE_SUCCESSES)
    chaos = Chaos(service.ledger)
    worker = service.start_worker_at_work(processes=3, threads=4)
    service.ledger.rows("TRUNCATE probe_effect")
    uploads = Uploads(service.start_web())
    for number in itertools.count():
        if not uploads.are_under_way():
            break
        chaos.kill_child(worker)
        if number == 7:
            chaos.kill_worker(worker)
            worker = service.start_worker(processes=3, threads=4)
    last_kill = time.monotonic()
    not_processed = "SELECT count(*) FROM files_file WHERE status <> 'processed'"
    wait_until(lambda: service.ledger.one(not_processed) == 0, 30, "every file is processed")
    took = time.monotonic() - last_kill

    assert uploads.refused == []
    assert len(uploads.accepted) == UPLOADS
    assert sorted(effect.name for effect in service.ledger.effects("files_file")) == sorted(uploads.accepted)
    of_files = "SELECT invocation_id FROM files_file ORDER BY 1"
    succeeded = sorted(effect.name for effect in service.ledger.effects("tasks_invocation"))
    assert succeeded == [row[0] for row in service.ledger.rows(of_files)]
    delays = chaos.redelivery_seconds(service.starts())
    assert delays, "no kill has hit a file that was processed"
    figure(f"{len(chaos.killed_at)} processes killed, all processed {took:.1f} s after the last kill")
    figure(f"from a kill to the next start: {percentiles_ms(delays)}, {len(delays)} redeliveries")
