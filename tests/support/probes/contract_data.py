"""Fills a database with something of everything, to be read by whoever tests the API; prints a token as JSON.

`python -m tests.support.probes.contract_data`, in the environment of a service.
"""

import json

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402 — Django first
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from rest_framework.authtoken.models import Token  # noqa: E402

from apps.deals import services as deals  # noqa: E402
from apps.deals.errors import FaultyDealsError  # noqa: E402
from apps.files import services as files  # noqa: E402
from apps.pages import services as pages  # noqa: E402
from apps.pages.models import Audio, Text, Video  # noqa: E402
from tests import factories  # noqa: E402

FILES = {
    "gem.png": factories.png_bytes(),
    "gems.csv": b"name,price\nruby,10\nopal,7.5\n",
    "gems.json": b'{"gems": ["ruby", "opal"]}',
    "broken.png": factories.png_bytes()[:40],  # not of JSON: its bytes, sent as what they are, would be taken for ours
    "note.txt": b"Long ago\n",
    "note.bin": bytes(range(256)),
}
DEALS = {
    "good": b"customer,item,total,quantity,date\nann,ruby,70.5,1,2018-12-14\nbob,ruby,5,2,2018-12-15\n",
    "bad": b"customer,item,total,quantity,date\nann,ruby,much,1,2018-12-14\n",
}


def fill() -> str:
    """Returns the token."""
    for name, content in FILES.items():
        files.store_upload(SimpleUploadedFile(name, content))
    for content in DEALS.values():
        upload = SimpleUploadedFile("deals.csv", content)
        try:
            deals.import_now(deals.Upload(content=upload, size=len(content)))
        except FaultyDealsError:
            continue
    page = pages.create_page(title="Sapphires")
    video = {"video_url": "https://example.org/cutting.mp4", "subtitles_url": ""}
    pages.create_content(Video, page.pk, title="Cutting", **video)
    pages.create_content(Audio, page.pk, title="Talk", bitrate=128_000)
    pages.create_content(Text, page.pk, title="History", text="Long ago…")
    pages.create_page(title="Opals")
    return str(Token.objects.create(user=User.objects.create_user("marlow")).key)


if __name__ == "__main__":
    print(json.dumps({"token": fill()}))  # noqa: T201 — the answer
