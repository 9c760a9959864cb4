"""The work of the tasks: counters, and the number of pages."""

from collections.abc import Mapping

from django.db import connection

#: Rows are locked in the order of the ids.
ADD = """
INSERT INTO pages_counter AS known (content_id, value)
SELECT id, number FROM unnest(%s::bigint[], %s::bigint[]) AS seen (id, number) ORDER BY id
ON CONFLICT (content_id) DO UPDATE SET value = known.value + excluded.value
"""
REMOVE_LEFT = """
DELETE FROM pages_counter AS counter
WHERE NOT EXISTS (SELECT FROM pages_content AS content WHERE content.id = counter.content_id)
"""
ADD_UP = """
WITH gone AS (DELETE FROM pages_pagedelta RETURNING number)
INSERT INTO pages_pagedelta (number) SELECT sum(number) FROM gone HAVING count(*) > 0
"""


def add_views(amounts: Mapping[int, int]) -> None:
    """Content → views. One that was deleted meanwhile gets a counter for a while: `remove_left_counters`."""
    with connection.cursor() as cursor:
        cursor.execute(ADD, [list(amounts), list(amounts.values())])


def remove_left_counters() -> int:
    """The counters of contents that are no more; returns how many. Only for who has the tally's turn."""
    with connection.cursor() as cursor:
        cursor.execute(REMOVE_LEFT)
        return int(cursor.rowcount)


def add_up_pages() -> None:
    """One number in place of many; who reads meanwhile sees the one or the others."""
    with connection.cursor() as cursor:
        cursor.execute(ADD_UP)
