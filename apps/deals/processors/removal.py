"""Removes the deals of imports that have been replaced, a batch a transaction, in the order in which they lie."""

from django.db import connection

from apps.deals import lifecycle, selectors

BATCH_ROWS = 20_000

#: From row to row through the index: what the last batch has left behind is not walked through again.
REMOVE_BATCH = """
WITH batch AS (
    SELECT max(id) AS last FROM (
        SELECT id FROM deals_deal WHERE import_id = %(import_id)s AND id > %(after)s ORDER BY id LIMIT %(limit)s
    ) AS rows
), removed AS (
    DELETE FROM deals_deal WHERE import_id = %(import_id)s AND id > %(after)s AND id <= (SELECT last FROM batch)
)
SELECT last FROM batch
"""


def remove_leaving() -> int:
    """Remove all deals that are to leave; returns how many imports had some. Safe to run twice, at once too."""
    leaving = selectors.leaving_imports()
    for import_id in leaving:
        _remove(import_id)
        lifecycle.note_removed(import_id)
    return len(leaving)


def _remove(import_id: int) -> None:
    after: int | None = 0
    while after is not None:
        with connection.cursor() as cursor:
            cursor.execute(REMOVE_BATCH, {"import_id": import_id, "after": after, "limit": BATCH_ROWS})
            after = cursor.fetchone()[0]
