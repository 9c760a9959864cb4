"""Pages to test with, and other threads that change them."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from apps.pages import services
from apps.pages.models import Audio, Page, Text, Video
from tests.support.processes import wait_until

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
def page() -> Page:
    """A page with a video, a text and an audio, in this order."""
    made = services.create_page(title="Sapphires")
    services.create_content(Video, made.pk, title="Cutting", video_url="https://example.org/cutting.mp4")
    services.create_content(Text, made.pk, title="History", text="Found in 1865.")
    services.create_content(Audio, made.pk, title="Talk", bitrate=128_000)
    return made


class Rival:
    """Another thread with a connection of its own; what its function raises is in `error` after `end`."""

    def __init__(self, function: Callable[[], object]) -> None:
        self.error: BaseException | None = None
        self._function = function
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._function()
        except BaseException as error:  # noqa: BLE001 — the test looks at it
            self.error = error
        finally:
            connection.close()

    def end(self) -> BaseException | None:
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.error


def wait_for_a_waiter() -> None:
    """Until somebody waits for a lock."""

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # or a transaction sees what it saw first
            cursor.execute(WAITING)
            return bool(cursor.fetchone()[0])

    wait_until(waits, 10, "somebody waits for a lock")
