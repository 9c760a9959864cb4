"""What follows an end: links, errbacks, limits, expiry and revocation."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.tasks import endings, leases, ledger, runs
from apps.tasks.celery import AsyncResult, Task, current_app, limits, shared_task, signals, signature
from apps.tasks.celery.exceptions import NotSupportedError, SoftTimeLimitExceeded, TaskRevokedError
from apps.tasks.errors import ClaimLostError
from apps.tasks.middleware.recorder import Recorder
from apps.tasks.models import Invocation
from tests.support.processes import wait_until

NOTES: list[object] = []


@pytest.fixture(autouse=True)
def no_notes():
    NOTES.clear()


@shared_task(name="test.ends.note")
def note(*args):
    NOTES.append(args)


@shared_task(name="test.ends.note_one")
def note_one(one):
    NOTES.append(one)


@shared_task(name="test.ends.double")
def double(x):
    return x * 2


@shared_task(name="test.ends.fail")
def fail():
    raise KeyError("lost")


@shared_task(name="test.ends.errback")
def errback(request, exc, traceback):
    NOTES.append((request.id, exc, "raise KeyError" in traceback))


@shared_task(name="test.ends.bound_errback", bind=True)
def bound_errback(self, *args):
    NOTES.append(args)


@shared_task(name="test.ends.broken_errback")
def broken_errback(request, exc, traceback):
    raise ValueError("of the errback itself")


def test_a_link_gets_the_result_before_its_own_arguments(hand):
    double.apply_async((4,), link=[note.s("own"), note.si("alone")])

    hand.run(rounds=2)

    assert NOTES == [(8, "own"), ("alone",)]


def test_links_are_sent_in_the_transaction_that_completes_the_task(hand):
    sent = double.apply_async((4,), link=note.s())
    (message,) = hand.claim()
    Invocation.objects.update(attempt=9)

    hand.work_on(message)

    assert Invocation.objects.count() == 1
    assert sent.state == "PENDING"


def test_a_function_of_more_than_one_argument_is_called_with_request_error_and_traceback(hand):
    sent = fail.apply_async(link_error=errback.s())

    hand.run()

    ((task_id, error, has_traceback),) = NOTES
    assert (task_id, type(error), error.args, has_traceback) == (sent.id, KeyError, ("lost",), True)


@pytest.mark.parametrize("call", [note_one.s(), bound_errback.s()], ids=["one argument", "bound"])
def test_another_errback_is_sent_with_the_id_of_the_task_that_failed(hand, call):
    sent = fail.apply_async(link_error=call)

    hand.run(rounds=2)

    assert NOTES in ([sent.id], [(sent.id,)])


def test_an_immutable_errback_gets_its_own_arguments_alone(hand):
    fail.apply_async(link_error=note_one.si("mine"))

    hand.run(rounds=2)

    assert NOTES == ["mine"]


def test_an_errback_that_raises_changes_nothing(hand):
    sent = fail.apply_async(link_error=[broken_errback.s(), errback.s()])

    hand.run()

    assert sent.state == "FAILURE"
    assert len(NOTES) == 1


def test_errbacks_hear_of_the_death_of_a_worker(hand, heard):
    names = heard(signals.task_failure)
    sent = fail.apply_async(link_error=note_one.s())
    for _ in range(leases.MOST_DEATHS):
        hand.claim()
        Invocation.objects.filter(id=sent.id).update(worker="other")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE tasks_invocation SET status = 'running' WHERE id = %s", [sent.id])
        leases.take_back("other", died=True, reason="killed")
    endings.finish_due()

    hand.run()

    assert (sent.state, NOTES) == ("FAILURE", [sent.id])
    assert names == ["task_failure"]


@shared_task(name="test.ends.tells", bind=True, track_started=True)
def tells_a_state(self):
    self.update_state(state="PROGRESS", meta={"done": 1})
    raise KeyError("lost")


def test_a_failure_is_told_whatever_state_the_task_has_told_before(hand):
    tracked, sent = shared_task(fail.run, name="test.ends.tracked", track_started=True).delay(), tells_a_state.delay()

    hand.run()

    assert [(one.state, repr(one.result)) for one in (tracked, sent)] == [("FAILURE", "KeyError('lost')")] * 2


def test_its_workers_last_death_is_told_whatever_state_the_task_has_told_before(hand):
    sent = tells_a_state.delay()
    (message,) = hand.claim()
    ledger.say(message.claim, state="STARTED", meta="{}")
    Invocation.objects.update(deaths=leases.MOST_DEATHS - 1)

    leases.take_back(message.claim.worker, died=True, reason="killed")

    assert sent.state == "FAILURE"


def test_what_was_revoked_reads_as_revoked_whatever_state_the_task_has_told_before(hand):
    sent = tells_a_state.delay()
    (message,) = hand.claim()
    ledger.say(message.claim, state="STARTED", meta="{}")
    ledger.hand_back([message.claim])

    sent.revoke()

    assert sent.state == "REVOKED"


def test_a_link_may_be_a_signature_that_became_a_dict(hand):
    double.apply_async((1,), link=dict(note_one.s()))

    hand.run(rounds=2)

    assert NOTES == [2]


def test_what_no_call_may_have_is_refused_where_it_is_linked():
    """Else the task would fail when it has done its work."""
    with pytest.raises(NotSupportedError, match="Did you mean 'queue'"):
        double.s().set(quue="slow")
    with pytest.raises(NotSupportedError, match="Did you mean 'countdown'"):
        double.signature((1,), countdwn=3)
    with pytest.raises(NotSupportedError, match="routing_key"):
        double.apply_async((1,), link={**note.s(), "options": {"routing_key": "x"}})


def test_a_canvas_is_refused_where_it_is_linked():
    with pytest.raises(NotSupportedError, match="chain is not supported"):
        signature({"task": "celery.chain", "subtask_type": "chain"})


@pytest.mark.parametrize(
    "moment", [lambda: timezone.now() - timedelta(seconds=1), lambda: 0.01], ids=["time", "seconds"]
)
def test_what_is_run_too_late_is_revoked_instead(hand, moment):
    told = []
    receiver = lambda **named: told.append((named["expired"], named["terminated"], named["request"].id))  # noqa: E731
    signals.task_revoked.connect(receiver)
    sent = double.apply_async((1,), expires=moment())
    wait_until(lambda: timezone.now() > Invocation.objects.get().created_at + timedelta(seconds=0.02), 5, "it expires")

    hand.run()

    assert (sent.state, type(sent.result), sent.result.args) == ("REVOKED", TaskRevokedError, ("expired",))
    assert Invocation.objects.get().status == "cancelled"
    assert told == [(True, False, sent.id)]


def test_an_expiry_is_kept_for_the_next_try(hand):
    @shared_task(name="test.ends.again", bind=True)
    def again(self):
        NOTES.append(self.request.expires)
        raise self.retry(countdown=0)

    again.apply_async(expires=3600)

    hand.run(rounds=2)

    assert NOTES[0] == NOTES[1] is not None


def test_what_somebody_called_off_is_no_error_in_the_log(hand, caplog):
    double.delay(1).revoke()

    hand.run()
    endings.finish_due()

    assert Invocation.objects.get().status == "cancelled"
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_what_is_revoked_does_not_run(hand):
    sent = note.delay()

    sent.revoke()
    endings.finish_due()

    assert (hand.run(), NOTES) == (0, [])
    assert (sent.state, sent.result.args) == ("REVOKED", ("revoked",))
    with pytest.raises(TaskRevokedError):
        sent.get(timeout=1)


def test_a_delayed_call_can_be_revoked_and_several_at_once(hand):
    sent = [note.apply_async(countdown=60), note.delay()]

    current_app.control.revoke([one.id for one in sent])
    hand.let_time_pass()

    assert hand.run() == 0


def test_a_revocation_is_part_of_the_callers_transaction(hand):
    sent = note.delay()

    with pytest.raises(RuntimeError), transaction.atomic():
        sent.revoke()
        raise RuntimeError

    assert hand.run() == 1


def test_what_runs_already_is_not_revoked(hand):
    sent = double.delay(3)
    (message,) = hand.claim()

    sent.revoke()
    hand.work_on(message)

    assert sent.get(timeout=1) == 6


def reads_as_revoked(sent):
    endings.finish_due()
    row = Invocation.objects.get(id=sent.id)
    return (sent.state, sent.result.args, row.status, row.ends_as) == ("REVOKED", ("revoked",), "cancelled", "")


def test_what_a_worker_holds_and_has_not_started_does_not_run(hand, monkeypatch):
    sent = note.delay()
    (message,) = hand.claim()
    monkeypatch.setattr(Recorder, "OLD_CLAIM_SECONDS", 0.0)

    sent.revoke()
    hand.work_on(message)

    assert NOTES == []
    assert reads_as_revoked(sent)


def test_what_a_worker_returns_to_the_queue_does_not_run(hand):
    sent = note.delay()
    (message,) = hand.claim()

    sent.revoke()
    ledger.hand_back([message.claim])

    assert reads_as_revoked(sent)
    assert hand.run() == 0


def test_what_a_worker_has_claimed_without_knowing_it_does_not_run(hand):
    sent = note.delay()
    hand.claim()

    sent.revoke()
    ledger.hand_back_all_but("hand", [])

    assert reads_as_revoked(sent)


@shared_task(name="test.ends.tries_again", bind=True, max_retries=5)
def tries_again(self, countdown):
    NOTES.append(self.request.retries)
    raise self.retry(countdown=countdown)


@pytest.mark.parametrize("countdown", [0, 60])
def test_what_is_revoked_while_it_runs_is_not_tried_again(hand, countdown):
    sent = tries_again.delay(countdown)
    (message,) = hand.claim()

    sent.revoke()
    hand.work_on(message)

    assert hand.run() == 0
    assert NOTES == [0]
    assert reads_as_revoked(sent)


def test_what_is_revoked_while_it_runs_is_not_run_again_after_its_worker_died(hand):
    sent = note.delay()
    (message,) = hand.claim()

    sent.revoke()
    leases.take_back(message.claim.worker, died=True, reason="killed")

    assert reads_as_revoked(sent)
    assert hand.run() == 0


def test_a_worker_that_ends_a_task_does_not_wait_for_who_revokes_it(hand):
    sent = tries_again.delay(60)
    (message,) = hand.claim()
    waited = []

    with transaction.atomic():
        sent.revoke()
        worker = connection.copy()
        with worker.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
            cursor.execute("UPDATE tasks_invocation SET meta = NULL WHERE id = %s", [sent.id])
            waited.append(cursor.rowcount)
        worker.close()
    hand.work_on(message)

    assert waited == [1]
    assert reads_as_revoked(sent)


def test_a_success_after_revocation_is_a_success_and_leaves_no_mark(hand):
    sent = double.delay(3)
    (message,) = hand.claim()

    sent.revoke()
    assert sent.state == "PENDING"
    hand.work_on(message)

    row = Invocation.objects.get(id=sent.id)
    assert (sent.state, row.status, row.ends_as, row.error) == ("SUCCESS", "succeeded", "", "")


def test_an_option_of_revoke_that_does_not_exist_is_an_error():
    with pytest.raises(TypeError, match="terminat"):
        current_app.control.revoke("any", terminat=True)


def test_termination_is_refused_with_its_reason():
    with pytest.raises(NotSupportedError, match="threads"):
        AsyncResult("x").revoke(terminate=True)


def spin(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        threading.Event().wait(0.005)


@shared_task(name="test.ends.catches", soft_time_limit=0.1)
def catches():
    try:
        spin(5)
    except SoftTimeLimitExceeded:
        return "came to an end"


def test_a_soft_limit_can_be_caught(hand):
    sent = catches.delay()

    hand.run()

    assert sent.get(timeout=1) == "came to an end"


@shared_task(name="test.ends.slow")
def slow():
    spin(5)


def test_a_soft_limit_that_is_not_caught_is_the_tasks_error(hand):
    sent = slow.apply_async(soft_time_limit=0.1)

    hand.run()

    assert isinstance(sent.result, SoftTimeLimitExceeded)


class Hooked(Task):
    def on_failure(self, exc, *_told):
        NOTES.append(("on_failure", str(exc), AsyncResult(self.request.id).state))


@shared_task(name="test.ends.endless", base=Hooked, autoretry_for=(Exception,))
def endless():
    while True:
        try:
            spin(5)
        except Exception:  # noqa: BLE001
            NOTES.append("caught")


def test_a_hard_limit_ends_the_task_whatever_it_catches(hand):
    sent = endless.apply_async(time_limit=0.2, link_error=note_one.s())

    hand.run()

    assert str(sent.result) == "TimeLimitExceeded(0.2,)"
    row = Invocation.objects.get(id=sent.id)
    assert (row.status, row.retries) == ("failed", 0)
    wait_until(lambda: NOTES, 5, "the hook is called")
    assert NOTES == [("on_failure", "TimeLimitExceeded(0.2,)", "FAILURE")]
    hand.run()
    assert NOTES[-1] == sent.id


def test_a_limit_does_not_reach_the_task_that_comes_after(hand):
    for _ in range(50):
        double.apply_async((1,), soft_time_limit=0.003)
    slower = double.delay(5)

    hand.run()
    threading.Event().wait(0.05)

    assert slower.get(timeout=1) == 10


def test_a_hard_limit_is_an_error_in_the_log(hand, caplog):
    slow.apply_async(time_limit=0.1)

    hand.run()

    wait_until(lambda: [r for r in caplog.records if getattr(r, "action", "") == "task_failed"], 5, "it is logged")


def test_an_exception_on_the_threshold_of_leaving_does_not_leave_a_limit_behind(hand, monkeypatch):
    """The soft limit arrives when the task is being left, and nothing of that has been done."""
    leave, hits = limits.Watch.leave, []

    def hit_at_first(watch):
        hits.append(watch)
        if len(hits) == 1:
            raise SoftTimeLimitExceeded
        leave(watch)

    monkeypatch.setattr(limits.Watch, "leave", hit_at_first)
    sent = double.apply_async((1,), time_limit=60)

    hand.run()

    assert isinstance(sent.result, SoftTimeLimitExceeded)
    assert not hits[0].open
    assert not limits._current()._due


@shared_task(name="test.ends.completes_itself", bind=True)
def completes_itself(self, then):
    with runs.completing():
        pass
    if then == "late":
        Invocation.objects.filter(actor="test.ends.note").delete()
    return "not recorded"


def test_what_is_linked_to_a_task_that_completes_itself_is_sent_by_that(hand):
    """And at no other time: what dies after it has sent everything."""
    completes_itself.apply_async(("",), link=note.s("own"))
    hand.run(rounds=2)

    completes_itself.apply_async(("late",), link=note.s("own"))
    hand.run(rounds=2)

    assert NOTES == [(None, "own")]


def test_an_atomic_task_and_its_completion_are_one_transaction(hand):
    @shared_task(name="test.ends.atomic", atomic=True, bind=True)
    def atomic(self):
        note.delay("sent by it")
        Invocation.objects.filter(id=self.request.id).update(attempt=5)

    atomic.delay()

    hand.run(rounds=2)

    assert NOTES == []


def test_a_task_that_was_superseded_is_not_tried_again_by_itself(hand):
    @shared_task(name="test.ends.superseded", autoretry_for=(Exception,))
    def superseded():
        raise ClaimLostError("x")

    superseded.delay()

    hand.run()

    assert Invocation.objects.get().status == "running"


def test_a_task_does_not_take_the_loss_of_its_claim_for_a_failure_of_its_own(hand):
    @shared_task(name="test.ends.catches_all", bind=True)
    def catches_all(self):
        Invocation.objects.filter(id=self.request.id).update(attempt=5)
        try:
            self.update_state(state="PROGRESS")
        except Exception:  # noqa: BLE001 — as tasks do
            NOTES.append("failed")

    catches_all.delay()

    hand.run()

    assert NOTES == []


def raise_an_error():
    raise RuntimeError("the domain is away")


def lose_the_connection():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.mark.parametrize("trouble", [raise_an_error, lose_the_connection])
def test_an_end_that_is_tried_again_tells_hook_and_listeners_of_the_failure_once(hand, heard, trouble):
    troubles = [trouble]

    def on_end(_ended):
        NOTES.append("on_end")
        if troubles:
            troubles.pop()()

    def on_failure(*_told):
        NOTES.append("on_failure")

    @shared_task(name=f"test.ends.{trouble.__name__}", on_end=on_end, on_failure=on_failure)
    def gives_up():
        raise KeyError("lost")

    names = heard(signals.task_failure)
    sent = gives_up.delay()

    hand.run()
    Invocation.objects.update(due_at=timezone.now())
    endings.finish_due()

    assert (sent.state, Invocation.objects.get().status) == ("FAILURE", "failed")
    assert sorted(NOTES) == ["on_end", "on_end", "on_failure"]
    assert names == ["task_failure"]


def test_an_errback_that_is_called_here_gets_the_very_error(hand):
    raised = KeyError("lost")
    raised.response = "only in memory"

    @shared_task(name="test.ends.raises_with_more")
    def raises_with_more():
        raise raised

    raises_with_more.apply_async(link_error=errback.s())

    hand.run()

    assert [note[1] for note in NOTES] == [raised]


@pytest.mark.parametrize("header", ["decided", "entered", "exhausted", "raised", "course"])
def test_a_header_may_have_any_name(hand, header):
    @shared_task(name=f"test.ends.header-{header}", bind=True, max_retries=1)
    def headed(self):
        if not self.request.retries:
            raise self.retry(countdown=0)
        return self.request.headers

    sent = headed.apply_async(headers={header: "theirs"})

    hand.run(rounds=2)

    assert sent.get(timeout=1) == {header: "theirs"}
