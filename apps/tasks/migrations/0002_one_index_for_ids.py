"""Drops the second index that Django gives to every textual key, for LIKE.

In collation C the primary key itself serves LIKE, and each index costs every step of every invocation a write. A
migration of its own: Django creates that index at the end of the one that creates the table.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_ledger")]

    operations = [
        migrations.RunSQL("DROP INDEX IF EXISTS tasks_invocation_id_3d7ddb2c_like", reverse_sql=migrations.RunSQL.noop),
    ]
