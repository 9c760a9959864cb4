"""A read that comes with every request is prepared once for a connection, and works where it cannot be."""

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from apps.common import reading
from apps.common.reading import Read

pytestmark = pytest.mark.django_db(transaction=True)

SUM = Read("test_sum", "SELECT %s + 1")


@pytest.fixture(autouse=True)
def fresh_connection() -> Iterator[None]:
    connection.close()
    yield
    connection.close()


def prepared() -> dict[str, int]:
    """Name → how often it was executed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, generic_plans + custom_plans FROM pg_prepared_statements")
        return dict(cursor.fetchall())


def forget_in_postgres() -> None:
    """As a pooler does that hands the next statement to another session."""
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")


def test_it_is_prepared_once_for_a_connection() -> None:
    assert [reading.first_row(SUM, number)[0] for number in (1, 2, 3)] == [2, 3, 4]
    assert prepared() == {"test_sum": 3}


def test_without_a_row_the_answer_is_none() -> None:
    assert reading.first_row(Read("test_nothing", "SELECT 1 WHERE false")) is None


def test_in_a_transaction_the_plain_statement_is_sent() -> None:
    """Where a failure could not be made up for."""
    with transaction.atomic():
        assert reading.first_row(SUM, 1) == (2,)
        assert prepared() == {}


def test_a_session_that_does_not_know_it_gets_the_plain_statement_from_then_on() -> None:
    reading.first_row(SUM, 1)
    forget_in_postgres()

    assert [reading.first_row(SUM, number)[0] for number in (1, 2)] == [2, 3]
    assert prepared() == {}


def test_a_session_that_knows_the_name_already_gets_the_plain_statement() -> None:
    with connection.cursor() as cursor:
        cursor.execute("PREPARE test_sum AS SELECT 'something else'")

    assert reading.first_row(SUM, 1) == (2,)


def test_a_table_that_has_changed_its_shape_is_read_all_the_same() -> None:
    everything = Read("test_everything", "SELECT * FROM test_shape")
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_shape AS SELECT 1 AS number")
        try:
            assert reading.first_row(everything) == (1,)
            cursor.execute("ALTER TABLE test_shape ALTER number TYPE text")

            assert reading.first_row(everything) == ("1",)
        finally:
            cursor.execute("DROP TABLE test_shape")


def test_a_connection_that_was_cut_off_is_replaced() -> None:
    reading.first_row(SUM, 1)
    with connection.copy().cursor() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])

    assert reading.first_row(SUM, 1) == (2,)


def test_what_is_wrong_with_a_statement_is_raised() -> None:
    with pytest.raises(ProgrammingError, match="does not exist"):
        reading.first_row(Read("test_wrong", "SELECT nothing FROM nowhere"))
