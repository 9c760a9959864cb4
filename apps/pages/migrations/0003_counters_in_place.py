"""Leaves room beside each counter, so that counting up writes no index and what it leaves behind is used again."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("pages", "0002_versions_and_number")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE pages_counter SET (fillfactor = 50)", "ALTER TABLE pages_counter RESET (fillfactor)"
        ),
    ]
