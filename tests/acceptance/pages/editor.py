"""An editor's process: makes a page, or changes one again and again until its input is closed.

`python -m tests.acceptance.pages.editor make 15` prints the page's id; `… edit 1` prints how often it changed page 1.
"""

import json
import os
import random
import sys
import threading

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
django.setup()

from django.db import DatabaseError, InterfaceError, connection  # noqa: E402 — after the set-up

from apps.pages import selectors, services  # noqa: E402
from apps.pages.models import Audio, Text, Video  # noqa: E402

KINDS = [
    (Video, {"video_url": "https://example.org/v.mp4", "subtitles_url": "https://example.org/v.vtt"}),
    (Audio, {"bitrate": 128_000}),
    (Text, {"text": "Found in 1865. " * 20}),
]
PAUSE_SECONDS = 0.02


def make(contents: int) -> None:
    page = services.create_page(title="Sapphires")
    for number in range(contents):
        model, attributes = KINDS[number % len(KINDS)]
        services.create_content(model, page.pk, title=f"Content {number}", **attributes)
    print(page.pk)  # noqa: T201 — the answer


def edit(page_id: int) -> None:
    """As the admin does: read all, save all, in another order."""
    closed = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), closed.set()), daemon=True).start()
    edits, failed = 0, []
    while not closed.wait(PAUSE_SECONDS):
        try:
            save_all(page_id)
            edits += 1
        except (DatabaseError, InterfaceError) as error:
            failed.append(f"{type(error).__name__}: {error}")
            connection.close()
    print(json.dumps({"edits": edits, "failed": failed}))  # noqa: T201


def save_all(page_id: int) -> None:
    with services.changing(page_id):
        contents = selectors.contents(page_id)
        random.shuffle(contents)
        for content in contents:
            content.save()
        services.write_order(page_id, [content.pk for content in contents])


if __name__ == "__main__":
    {"make": make, "edit": edit}[sys.argv[1]](int(sys.argv[2]))
