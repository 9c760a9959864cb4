"""Reads one file of deals into the table: one pass, one transaction, whoever asked for it.

What a transaction cannot do here is leave half a dataset: when it breaks off, at any point, PostgreSQL takes its rows
for never written. So nothing has to be cleaned up after a crash, and starting over is safe.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from django.conf import settings
from django.db import DatabaseError, connection

from apps.deals import lifecycle
from apps.deals.lifecycle import Found
from apps.deals.models import Import
from apps.deals.parser.deals import DealsFile, Limits
from apps.deals.parser.text import Stream
from apps.deals.processors import answers
from apps.deals.processors.answers import AnswerTooLargeError
from apps.deals.processors.progress import Progress
from apps.tasks import runs

ANSWER_TOO_LARGE = (
    f"the gems that the five customers have in common would take more than {answers.MOST_CHARACTERS} characters to name"
)
COPY = "COPY deals_deal (import_id, customer, item, total, quantity, date) FROM STDIN"


class FaultyFileError(Exception):
    """The file has faults; rolls the import's transaction back."""


class RowsLostError(Exception):
    """The database did not store as many rows as were sent."""


@dataclass
class Source:
    """What COPY reads from: psycopg2 calls `read`, and hides what it raises behind an error of its own."""

    blocks: Iterator[bytes]
    error: BaseException | None = None

    def read(self, _size: int) -> bytes:
        try:
            return next(self.blocks, b"")
        except BaseException as error:
            self.error = error
            raise


def import_deals(import_: Import, stream: Stream) -> None:
    """Read the stream's deals and end the import, as one of a request or of a task.

    In one transaction, which in a task is also the end of its invocation: the deals, the answer, and the decision
    which import is active. A file with faults ends the import as failed; all other errors are raised.
    """
    limits = Limits(field_bytes=settings.MAX_DEALS_FIELD_BYTES, record_bytes=settings.MAX_DEALS_LINE_BYTES)
    file = DealsFile(stream, limits=limits, charset=import_.charset or None, leading=str(import_.pk))
    try:
        _store(import_, file)
    except FaultyFileError:
        _fail(import_, file, [asdict(fault) for fault in file.faults])
    except AnswerTooLargeError:
        _fail(import_, file, [lifecycle.fault("answer_too_large", ANSWER_TOO_LARGE)])


def _fail(import_: Import, file: DealsFile, faults: lifecycle.Faults) -> None:
    with runs.completing():
        lifecycle.fail(import_.pk, faults, rows=file.rows, encoding=file.encoding)


def _store(import_: Import, file: DealsFile) -> None:
    with Progress(import_.pk, import_.size) as progress, runs.completing():
        lifecycle.hold(import_.pk)
        copied = _copy(_noted(file, progress))
        if file.faults:
            file.find_more_faults()
            raise FaultyFileError
        if copied != file.rows:
            raise RowsLostError(f"{file.rows} rows were read, {copied} were stored")
        lifecycle.finish(import_.pk, _found(import_.pk, file))


def _noted(file: DealsFile, progress: Progress) -> Iterator[bytes]:
    for block in file.rows_for_copy():
        progress.note(file.bytes_read, file.rows)
        yield block


def _copy(blocks: Iterator[bytes]) -> int:
    source = Source(blocks)
    try:
        with connection.wrap_database_errors, connection.cursor() as cursor:
            cursor.copy_expert(COPY, source)
            copied = int(cursor.rowcount)
    except DatabaseError:
        if source.error:
            raise source.error from None
        raise
    if next(blocks, None) is not None:
        raise RowsLostError("COPY ended before the file did")
    return copied


def _found(import_id: int, file: DealsFile) -> Found:
    answer = answers.compute(import_id)
    return Found(
        rows=file.rows,
        encoding=file.encoding,
        ignored_columns=file.header.ignored if file.header else [],
        answer=answer,
        etag=answers.etag(answer),
    )
