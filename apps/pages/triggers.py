"""The trigger that every kind's table has: a change there gives the content a new version.

Installed after each `migrate` on the tables of all kinds there are, so that whoever adds one cannot forget it. The
functions, and the triggers of the tables that are always there, are in the first migration.
"""

from django.apps import apps
from django.db import connections
from django.db.models import Model

#: To install it again changes nothing.
TOUCH = """
CREATE OR REPLACE TRIGGER pages_touch_content AFTER UPDATE ON {table} FOR EACH ROW
WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION pages_touch_content({key})
"""


def install(using: str) -> None:
    """On every kind's table that is there; none is while the app itself is not migrated."""
    connection = connections[using]
    with connection.cursor() as cursor:
        present = set(connection.introspection.table_names(cursor))
        for model in _kinds():
            if {"pages_content", model._meta.db_table} <= present:
                table, key = connection.ops.quote_name(model._meta.db_table), f"'{model._meta.pk.column}'"
                cursor.execute(TOUCH.format(table=table, key=key))


def _kinds() -> list[type[Model]]:
    """Those with a table of their own: on the table of all contents the trigger would call itself without end."""
    content = apps.get_model("pages", "Content")
    of_all = content._meta.db_table
    return [model for model in apps.get_models() if issubclass(model, content) and model._meta.db_table != of_all]
