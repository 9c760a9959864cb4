"""Applies what a tally has counted: batch by batch, each in one transaction with the memory of what was applied.

Of an event that is in the stream, the mark of its source says whether it was applied: its number is not above the mark.
Of an event that is a row, `applied_at` says so. One that is both, because its command was never answered, was its
source's last, and is counted by whichever is met first: the row is left out if the mark has reached its number, the
entry if the row was applied. So a batch may be read again after a crash, and nothing depends on where it ended.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import redis
from django.db import connection, transaction

from apps.tasks import measures
from apps.tasks.tally import Tally

logger = logging.getLogger(__name__)

#: Events of a batch, of either sort.
BATCH = 2_000
#: What was applied is forgotten when it is older, and only while the stream is empty: nothing is left to come twice.
REMEMBERED_DAYS = 1
#: First half of the advisory lock of a tally, whose drains take turns.
LOCK_CLASS = 0x7A11
RAISE_MARKS = """
INSERT INTO tasks_tallymark (source, tally, number, marked_at)
SELECT source, %s, number, now() FROM unnest(%s::uuid[], %s::bigint[]) AS reached (source, number) ORDER BY source
ON CONFLICT (source) DO UPDATE SET number = excluded.number, marked_at = excluded.marked_at
"""
ROWS = """
SELECT id, source::text, number, ids FROM tasks_tallyentry WHERE tally = %s AND applied_at IS NULL ORDER BY id LIMIT %s
"""
MARKS = "SELECT source::text, number FROM tasks_tallymark WHERE source = ANY (%s::uuid[])"
COUNTED_AS_ROWS = """
SELECT source::text, number FROM tasks_tallyentry WHERE source = ANY (%s::uuid[]) AND applied_at IS NOT NULL
"""
#: A row that Redis was never asked for can turn up nowhere else.
NOTE_ROWS = """
DELETE FROM tasks_tallyentry WHERE id = ANY (%(ids)s) AND source IS NULL;
UPDATE tasks_tallyentry SET applied_at = now() WHERE id = ANY (%(ids)s)
"""
FORGET = """
DELETE FROM tasks_tallymark WHERE tally = %(tally)s AND marked_at < now() - %(days)s * interval '1 day';
DELETE FROM tasks_tallyentry WHERE tally = %(tally)s AND applied_at < now() - %(days)s * interval '1 day'
"""


@dataclass(frozen=True)
class Row:
    """An event that is a row."""

    id: int
    source: str | None
    number: int
    ids: str


@dataclass(frozen=True)
class Event:
    """One entry of the stream."""

    position: bytes
    source: str
    number: int
    ids: str


@dataclass
class Sum:
    """What a batch adds up to: how often each text of ids was counted, and how far each source got."""

    marks: dict[str, int]
    counted: Counter[str] = field(default_factory=Counter)
    raised: dict[str, int] = field(default_factory=dict)

    def add_event(self, event: Event) -> None:
        if event.number > self.marks.get(event.source, 0):
            self.counted[event.ids] += 1
            self.marks[event.source] = self.raised[event.source] = event.number

    def add_row(self, row: Row) -> None:
        if row.source is None or row.number > self.marks.get(row.source, 0):
            self.counted[row.ids] += 1

    def by_id(self) -> dict[int, int]:
        """In the order of the ids."""
        total: Counter[int] = Counter()
        for ids, times in self.counted.items():
            for id_ in ids.split(",") if ids else ():
                total[int(id_)] += times
        return dict(sorted(total.items()))


def drain(tally: Tally) -> int:
    """Apply all there is; returns how many events that were. Nothing, if another drain of the tally is at it.

    What arrives meanwhile is left for the next drain: under load there is always something new, and to run after it
    would be a transaction for every few events.
    """
    drained = 0
    while number := _drain_batch(tally):
        drained += number
        if number < BATCH:
            break
    return drained


def forget(tally: Tally) -> None:
    """What was applied long ago, if nothing is left that could turn out to be the same."""
    if _read(tally) != []:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        if take_turn(tally):
            cursor.execute(FORGET, {"tally": tally.name, "days": REMEMBERED_DAYS})


def _drain_batch(tally: Tally) -> int:
    """The stream is read before the turn is taken: what another drain applies in between is left out by its marks."""
    events = _read(tally)
    counted = 0
    with transaction.atomic(durable=True):  # or events would be removed before what was applied is committed
        if not take_turn(tally):
            return 0
        rows = [Row(*row) for row in _fetch(ROWS, tally.name, BATCH)]
        if events or rows:
            counted = _apply(tally, events or [], rows)
    measures.count_events(tally.name, counted)
    if events:
        tally.client.xdel(tally.key, *(event.position for event in events))
    return len(events or []) + len(rows)


def _read(tally: Tally) -> list[Event] | None:
    """The oldest events of the stream; None: Redis is away."""
    try:
        entries: Any = tally.client.xrange(tally.key, count=BATCH)
    except redis.RedisError as error:
        logger.warning("draining without Redis", extra={"action": "tally_away", "reason": str(error)})
        return None
    return [_event(position, fields) for position, fields in entries]


def _event(position: bytes, fields: dict[bytes, bytes]) -> Event:
    return Event(position, fields[b"s"].decode(), int(fields[b"n"]), fields[b"c"].decode())


def take_turn(tally: Tally) -> bool:
    """Whether nobody else writes what this tally counts, to the end of the transaction."""
    number = crc32(tally.name.encode()) - 2**31
    return bool(_fetch("SELECT pg_try_advisory_xact_lock(%s, %s)", LOCK_CLASS, number)[0][0])


def _apply(tally: Tally, events: Sequence[Event], rows: Sequence[Row]) -> int:
    """Returns how many of them had not been applied before."""
    sources = list({event.source for event in events} | {row.source for row in rows if row.source})
    total = Sum(marks=dict(_fetch(MARKS, sources)))
    counted_as_rows = set(_fetch(COUNTED_AS_ROWS, sources))
    for event in events:
        if (event.source, event.number) not in counted_as_rows:
            total.add_event(event)
    for row in rows:
        total.add_row(row)
    if amounts := total.by_id():
        tally.apply(amounts)
    with connection.cursor() as cursor:
        if total.raised:
            cursor.execute(RAISE_MARKS, [tally.name, list(total.raised), list(total.raised.values())])
        if rows:
            cursor.execute(NOTE_ROWS, {"ids": [row.id for row in rows]})
    return total.counted.total()


def _fetch(query: str, *parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())
