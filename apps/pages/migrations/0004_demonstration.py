"""Pages to look at, from `migrations_data/pages.json`, where DEMO_DATA is 1 and there are none yet.

What was made is remembered in a table of its own, so that going back removes these pages and no others.
"""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations

DATA = Path(__file__).resolve().parents[3] / "migrations_data" / "pages.json"


def load(apps: Any, schema_editor: Any) -> None:
    if not settings.DEMO_DATA or apps.get_model("pages", "Page").objects.exists():
        return
    types = apps.get_model("contenttypes", "ContentType").objects
    for described in json.loads(DATA.read_text(encoding="utf-8")):
        page = apps.get_model("pages", "Page").objects.create(title=described["title"])
        schema_editor.execute("INSERT INTO pages_demonstration (page_id) VALUES (%s)", [page.pk])
        for order, content in enumerate(described["content"]):
            kind = content.pop("type")
            # The row is there only after the first `migrate` has ended.
            ctype, _ = types.get_or_create(app_label="pages", model=kind)
            apps.get_model("pages", kind).objects.create(page=page, order=order, polymorphic_ctype=ctype, **content)


def remove(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT page_id FROM pages_demonstration")
        made = [page_id for (page_id,) in cursor.fetchall()]
    apps.get_model("pages", "Page").objects.filter(pk__in=made).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("pages", "0003_counters_in_place"),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE TABLE pages_demonstration (page_id bigint PRIMARY KEY)",
            # A deletion leaves constraints to be looked at, which must be done before a table goes.
            "SET CONSTRAINTS ALL IMMEDIATE; DROP TABLE pages_demonstration",
        ),
        migrations.RunPython(load, remove),
    ]
