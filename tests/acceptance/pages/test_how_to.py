"""The how-to for a content kind, done as it says, in an app of its own and without another file."""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support.processes import MANAGE, REPOSITORY, run

HOW_TO = REPOSITORY / "docs" / "how-to" / "add-a-content-kind.md"
SETTINGS = """
from project.settings import *
from project.settings import INSTALLED_APPS as PROJECT_APPS

INSTALLED_APPS = [*PROJECT_APPS, "gallery"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
"""
#: What an editor and a reader do with it.
VISIT = """
import json, django
django.setup()
from django.contrib.auth import get_user_model
from django.test import Client
from apps.pages import selectors, services, tasks
from apps.tasks import drain
from gallery.models import Image

page = services.create_page(title="Stars")
services.create_content(
    Image, page.pk, title="A star sapphire", image_url="https://example.org/star.jpg", caption="From Mogok"
)
client = Client()
shown = client.get(f"/api/v1/pages/{page.pk}/").json()["content"][0]
drain.drain(tasks.VIEWS)
Image.objects.update(caption="From Ceylon")
again = client.get(f"/api/v1/pages/{page.pk}/").json()["content"][0]
client.force_login(get_user_model().objects.create_superuser("editor"))
form = client.get(f"/admin/pages/page/{page.pk}/change/")
described = client.get("/api/schema/").json()["components"]["schemas"]
seen = {"shown": shown, "described": described["ImageContent"], "again": again}
print(json.dumps({**seen, "form": form.status_code, "html": form.content.decode()}))
"""


@pytest.fixture
def project(service_environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of a project with the app of the how-to."""
    (code,) = re.findall(r"```python\n(.*?)   ```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    app = tmp_path / "gallery"
    (app / "migrations").mkdir(parents=True)
    (app / "__init__.py").touch()
    (app / "migrations" / "__init__.py").touch()
    (app / "models.py").write_text(textwrap.dedent(code), encoding="utf-8")
    (tmp_path / "with_gallery.py").write_text(SETTINGS)
    paths = {"PYTHONPATH": f"{tmp_path}:{REPOSITORY}", "DJANGO_SETTINGS_MODULE": "with_gallery"}
    return {**service_environment, **paths}


def test_a_kind_is_added_as_the_how_to_says(project: dict[str, str]) -> None:
    (answer,) = re.findall(r"```json\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    run([*MANAGE, "makemigrations", "gallery"], env=project)
    run([*MANAGE, "migrate"], env=project)

    visited = subprocess.run(
        [sys.executable, "-c", VISIT], env=project, capture_output=True, text=True, check=False, timeout=60
    )

    assert visited.returncode == 0, visited.stderr
    seen = json.loads(visited.stdout.splitlines()[-1])
    assert seen["shown"].items() >= json.loads(answer).items()
    assert set(seen["described"]["properties"]) == set(seen["shown"])
    assert (seen["again"]["counter"], seen["again"]["caption"]) == (1, "From Ceylon")
    assert seen["form"] == 200
    assert "https://example.org/star.jpg" in seen["html"]
    assert "From Ceylon" in seen["html"]
