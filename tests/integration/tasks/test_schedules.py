"""Ticks: once each, on time, whatever the clock, other processes and people do meanwhile."""

import dataclasses
import threading
from datetime import UTC, datetime, timedelta

import dramatiq
import pytest
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now

from apps.tasks import schedules, timetable
from apps.tasks.celery import shared_task
from apps.tasks.checks import check_schedules
from apps.tasks.errors import ScheduleExistsError
from apps.tasks.models import Invocation, Schedule
from apps.tasks.ticker import Ticker

pytestmark = pytest.mark.django_db(transaction=True)

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@shared_task(name="schedules.probe")
def probe(word="") -> None:
    pass


@pytest.fixture(autouse=True)
def declared(monkeypatch):
    """Nothing but what a test declares."""
    known = {}
    monkeypatch.setattr(schedules, "_declared", known)
    return known


def hourly(**options):
    return schedules.every(**{"seconds": 3600, "name": "probe", **options})(probe)


def publish(*, starting=True):
    timetable.publish(schedules.declared(), starting=starting)


def serve():
    return timetable.serve(schedules.declared())


def row(name="probe"):
    return Schedule.objects.get(name=name)


def set_times(**times):
    """Set columns to what the database's clock shows, and some time more."""
    Schedule.objects.filter(name="probe").update(**{name: Now() + ahead for name, ahead in times.items()})


def sent():
    return Invocation.objects.filter(actor="schedules.probe").count()


@pytest.fixture
def due(declared):
    """An hourly schedule that has been due for a second."""
    hourly()
    publish()
    serve()
    set_times(next_run_at=-SECOND, reckoned_at=-HOUR)


def ahead(moment):
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return (moment - cursor.fetchone()[0]).total_seconds()


def test_a_new_schedule_counts_from_now():
    hourly()
    publish()

    wait = serve()

    assert sent() == 0
    assert wait == pytest.approx(3600, abs=1)
    assert ahead(row().next_run_at) == pytest.approx(3600, abs=5)


def test_a_tick_is_sent_once_and_the_next_one_keeps_the_rhythm(due):
    was_due = row().next_run_at
    serve()
    serve()

    assert sent() == 1
    assert row().next_run_at == was_due + HOUR
    assert row().last_invocation == Invocation.objects.get(actor="schedules.probe").id
    assert abs(ahead(row().last_run_at)) < 5


def test_a_tick_and_its_invocation_exist_together_or_not_at_all(due, monkeypatch):
    """The process dies between sending and moving the next run."""
    was_due = row().next_run_at
    ours = schedules.declared()["probe"]

    def send_and_lose_the_database():
        ours.send()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setitem(schedules.declared(), "probe", replaced(ours, send=send_and_lose_the_database))
    serve()

    assert sent() == 0
    assert row().next_run_at == was_due


def test_a_schedule_whose_sending_runs_into_a_timeout_stays_due_and_holds_up_no_other(due, monkeypatch):
    was_due = row().next_run_at
    ours = schedules.declared()["probe"]
    schedules.every(seconds=60, name="zebra")(probe)
    publish()
    Schedule.objects.filter(name="zebra").update(next_run_at=Now() - SECOND, reckoned_at=Now() - HOUR)

    def run_into_a_timeout():
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setitem(schedules.declared(), "probe", replaced(ours, send=run_into_a_timeout))
    serve()

    assert row().next_run_at == was_due
    assert row("zebra").last_run_at is not None
    assert sent() == 1


def replaced(declaration, **changes):
    return dataclasses.replace(declaration, **changes)


@pytest.mark.parametrize("days", [1, 400])
def test_what_was_missed_while_everything_was_down_is_sent_once(days):
    schedules.cron("0 * * * *", name="probe")(probe)
    publish()
    set_times(next_run_at=-timedelta(days=days), reckoned_at=-timedelta(days=days))

    for _ in range(3):
        serve()

    assert sent() == 1
    assert 0 < ahead(row().next_run_at) <= 3600


def test_many_processes_send_a_tick_once(due):
    barrier = threading.Barrier(8)

    def process():
        barrier.wait()
        serve()
        connection.close()

    threads = [threading.Thread(target=process) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sent() == 1


def test_a_process_that_stands_still_in_the_middle_holds_up_only_its_own_tick(due):
    schedules.every(seconds=60, name="other")(probe)
    publish()
    Schedule.objects.filter(name="other").update(next_run_at=Now() - SECOND, reckoned_at=Now() - HOUR)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM tasks_schedule WHERE name = 'probe' FOR UPDATE")
        serve()
        with pytest.raises(OperationalError):
            publish(starting=False)
        cursor.execute("ROLLBACK")
    other.close()

    assert sent() == 1
    assert row("other").last_run_at is not None


def test_a_process_that_stands_still_in_the_middle_loses_its_hold_on_the_tick(due, monkeypatch):
    """PostgreSQL ends its session, and another process sends the tick."""
    settings_seen = []

    def look(*_args, **_options):
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            settings_seen.append(cursor.fetchone()[0])

    monkeypatch.setattr(type(probe), "apply_async", look)
    serve()

    assert settings_seen == ["5s"]


def test_a_tick_is_sent_even_where_calls_run_in_place(due, settings):
    """In place it would run in the thread that all schedules wait for, within the transaction of the tick."""
    settings.CELERY_TASK_ALWAYS_EAGER = True

    serve()

    assert sent() == 1


def test_a_schedule_that_cannot_be_sent_says_so_and_holds_up_nobody(due, caplog):
    schedules.every(seconds=60, name="bad", kwargs={"no_such": 1})(probe)
    publish()
    Schedule.objects.filter(name="bad").update(next_run_at=Now() - SECOND, reckoned_at=Now() - HOUR)
    serve()
    serve()

    assert sent() == 1
    assert "no_such" in row("bad").error
    assert row("bad").last_run_at is None
    assert [record.action for record in caplog.records if record.levelname == "ERROR"] == ["schedule_failed"]


def test_a_clock_that_jumps_forward_causes_one_run(due):
    set_times(next_run_at=-timedelta(days=3650), reckoned_at=-timedelta(days=3651))
    serve()
    serve()

    assert sent() == 1
    assert ahead(row().next_run_at) == pytest.approx(3600, abs=5)


@pytest.mark.parametrize("years", [1, 10])
def test_a_clock_that_was_years_ahead_leaves_no_year_of_silence(years):
    schedules.cron("0 3 * * *", name="probe")(probe)
    publish()
    set_times(next_run_at=timedelta(days=365 * years), reckoned_at=timedelta(days=365 * years - 1))
    serve()

    assert sent() == 0
    assert 0 < ahead(row().next_run_at) <= 24 * 3600


def test_a_calendar_time_is_not_due_again_when_the_clock_is_set_back_over_it():
    """It ran at the full hour, then the clock was set back by half an hour."""
    schedules.cron("* * * * *", name="probe")(probe)
    publish()
    set_times(next_run_at=HOUR / 2, reckoned_at=HOUR / 2 - SECOND)

    wait = serve()

    assert wait == pytest.approx(1800, abs=5)


def test_an_interval_does_not_wait_for_a_clock_that_was_set_back(due):
    set_times(next_run_at=HOUR + HOUR / 2, reckoned_at=HOUR / 2)

    assert serve() == pytest.approx(3600, abs=5)


# --- declarations and releases -------------------------------------------------------------------------


def test_a_changed_schedule_counts_anew_and_keeps_its_switch_and_its_history(due, declared):
    serve()
    timetable.switch(["probe"], enabled=False)
    timetable.switch(["probe"], enabled=True)
    serve()
    before = row()
    declared.clear()
    hourly(seconds=60)
    publish()
    serve()

    assert ahead(row().next_run_at) == pytest.approx(60, abs=5)
    assert (row().last_run_at, row().last_invocation) == (before.last_run_at, before.last_invocation)


def test_other_arguments_leave_the_rhythm_alone(due, declared):
    before = row().next_run_at
    declared.clear()
    hourly(kwargs={"word": "other"})
    publish()

    assert row().next_run_at == before
    assert '"word": "other"' in row().arguments


def test_a_restart_changes_nothing(due, declared):
    timetable.switch(["probe"], enabled=False)
    before = vars(row())
    publish()

    assert {**vars(row()), "_state": 0, "declared_at": 0} == {**before, "_state": 0, "declared_at": 0}


def test_a_release_leaves_alone_what_another_one_declares_otherwise(due, declared):
    old = dict(declared)
    declared.clear()
    hourly(seconds=60)
    publish()
    serve()
    set_times(next_run_at=-SECOND, reckoned_at=-HOUR)
    timetable.publish(old, starting=False)
    timetable.serve(old)
    assert (sent(), row().timing) == (0, "every 60 s")

    serve()

    assert sent() == 1


def test_what_a_release_declares_comes_back_when_the_other_ones_workers_are_gone(due, declared):
    old = dict(declared)
    declared.clear()
    hourly(seconds=60)
    publish()
    Schedule.objects.update(declared_at=Now() - timetable.GONE - SECOND)

    timetable.publish(old, starting=False)

    assert row().timing == "every 3600 s"


def test_a_schedule_that_had_been_away_counts_from_now(due, declared):
    schedules.every(seconds=60, name="stayed")(probe)
    publish()
    set_times(next_run_at=-timedelta(days=30), reckoned_at=-timedelta(days=31), declared_at=-timedelta(days=30))
    publish()
    serve()

    assert sent() == 0
    assert ahead(row().next_run_at) == pytest.approx(3600, abs=5)


def test_after_a_time_without_any_worker_nothing_has_been_away(due):
    set_times(next_run_at=-timedelta(days=30), reckoned_at=-timedelta(days=31), declared_at=-timedelta(days=30))
    publish()
    serve()

    assert sent() == 1


def test_nothing_is_sent_that_this_process_does_not_declare(due, declared):
    declared.clear()

    assert serve() is None
    assert sent() == 0


# --- people --------------------------------------------------------------------------------------------


def test_switched_off_is_off_and_switched_on_counts_from_now(due):
    timetable.switch(["probe"], enabled=False)
    assert serve() is None
    assert (sent(), row().next_run_at) == (0, None)

    timetable.switch(["probe"], enabled=True)

    assert serve() == pytest.approx(3600, abs=5)
    assert sent() == 0


def test_who_asks_twice_for_a_run_gets_one_and_the_rhythm_stays(due):
    serve()
    before = row().next_run_at
    assert timetable.ask_for_run(["probe"]) == timetable.ask_for_run(["probe"]) == 1
    serve()
    serve()

    assert sent() == 2
    assert row().next_run_at == before


def test_a_schedule_that_is_off_can_be_run(due):
    timetable.switch(["probe"], enabled=False)
    timetable.ask_for_run(["probe"])
    serve()

    assert sent() == 1


def test_what_nobody_declares_cannot_be_run(due):
    schedules.every(seconds=60, name="stayed")(probe)
    publish()
    set_times(declared_at=-timedelta(days=30))

    assert timetable.ask_for_run(["probe", "stayed"]) == 1
    assert row().asked_at is None


# --- declaring -----------------------------------------------------------------------------------------


@dramatiq.actor(actor_name="schedules.actor")
def actor(word: str) -> None:
    pass


def test_an_actor_of_dramatiqs_is_sent_with_its_arguments_and_options(declared):
    schedules.every(seconds=60, args=("hello",), options={"delay": 5000})(actor)
    publish()
    timetable.ask_for_run(["schedules.actor"])
    serve()

    invocation = Invocation.objects.get(actor="schedules.actor")
    assert '"args":["hello"]' in invocation.payload.replace(" ", "")
    assert invocation.status == "scheduled"


def test_a_cron_is_read_in_its_zone(declared):
    schedules.cron("30  2 * * mon-fri", timezone="Europe/Berlin")(probe)
    one = declared["schedules.probe"]

    assert (one.timing.text, one.timing.zone) == ("30 2 * * mon-fri", "Europe/Berlin")
    assert one.timing.first(datetime(2026, 7, 3, 12, tzinfo=UTC)) == datetime(2026, 7, 6, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("expression", ["* * * * * *", "* * *", ""])
def test_a_cron_expression_has_five_fields(expression):
    with pytest.raises(ValueError, match="has five fields"):
        schedules.cron(expression)


def test_what_is_no_task_cannot_be_sent_by_schedule():
    def plain() -> None:
        pass

    with pytest.raises(TypeError, match=r"wants a task, which .*plain"):
        schedules.every(seconds=60)(plain)


def test_one_name_cannot_stand_for_two_schedules():
    hourly()
    hourly()
    with pytest.raises(ScheduleExistsError, match="named 'probe'"):
        hourly(seconds=60)


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"seconds": -1}, {"name": "x" * 256}])
def test_a_schedule_that_makes_no_sense_is_refused_where_it_is_written(wrong):
    with pytest.raises(ValueError, match=r"due all the time|255 characters"):
        hourly(**wrong)


def test_arguments_that_cannot_be_shown_are_refused():
    with pytest.raises(TypeError, match="what JSON can hold"):
        hourly(args=[object()])


def test_a_schedule_of_a_task_that_does_not_exist_is_found_by_the_checks(declared):
    assert check_schedules() == []
    hourly()
    declared["probe"] = replaced(declared["probe"], task="no.such")

    (error,) = check_schedules()

    assert (error.id, "'no.such'" in error.msg) == ("tasks.E001", True)


def test_what_is_collected_is_declared_when_it_is_asked_for(monkeypatch):
    calls = []
    monkeypatch.setattr(schedules, "_collectors", [])
    schedules.collect(lambda: calls.append(hourly()))
    assert not calls

    schedules.declared()
    schedules.declared()

    assert len(calls) == 1


def test_a_ticker_that_finds_nothing_asks_once_a_second(django_assert_num_queries):
    hourly()
    ticker = Ticker(threading.Event())
    ticker._round()
    with django_assert_num_queries(1):
        assert ticker._round() == Ticker.LOOK_SECONDS


def test_nothing_of_a_send_that_is_rolled_back_is_left(due):
    with transaction.atomic():
        serve()
        transaction.set_rollback(True)

    assert sent() == 0
    assert row().last_run_at is None
