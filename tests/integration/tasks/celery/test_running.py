"""A call in a worker: Celery's order of events, states and results, on the ledger."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction

from apps.tasks import runs
from apps.tasks.celery import AsyncResult, Task, current_app, current_task, registry, shared_task, signals, states
from apps.tasks.celery.exceptions import (
    Ignore,
    MaxRetriesExceededError,
    NotSupportedError,
    Reject,
    WorkerLostError,
)
from apps.tasks.models import Invocation

EVENTS: list[str] = []


@pytest.fixture(autouse=True)
def no_events():
    EVENTS.clear()


class Watched(Task):
    """Notes each hook, with the state that others see meanwhile."""

    def note(self, hook):
        EVENTS.append(f"{hook}:{AsyncResult(self.request.id).state}")

    def before_start(self, *_told):
        self.note("before_start")

    def on_success(self, *_told):
        self.note("on_success")

    def on_failure(self, *_told):
        self.note("on_failure")

    def on_retry(self, *_told):
        self.note("on_retry")

    def after_return(self, status, *_told):
        self.note(f"after_return {status}")


@shared_task(name="test.running.add")
def add(x, y):
    return x + y


@shared_task(name="test.running.echo")
def echo(value):
    return value


@shared_task(name="test.running.watched", base=Watched, bind=True, max_retries=1)
def watched(self, way):
    self.note("run")
    if way == "raise":
        raise KeyError("lost")
    if way == "retry":
        raise self.retry(countdown=5, exc=ValueError("again"))
    if way == "ignore":
        raise Ignore
    return way


@shared_task(name="test.running.describe", bind=True)
def describe(self, *_args, **_kwargs):
    request = self.request
    return {
        "id": request.id,
        "retries": request.retries,
        "args": request.args,
        "kwargs": request.kwargs,
        "headers": request.headers,
        "tenant": getattr(request, "tenant", None),
        "directly": request.called_directly,
        "eager": request.is_eager,
        "queue": request.delivery_info["routing_key"],
        "root": request.root_id,
        "task": request.task,
        "current": current_task.name,
        "chain": request.chain,
    }


def test_the_result_is_there_for_whoever_knows_the_id(hand):
    sent = add.delay(2, 3)
    before = sent.state

    hand.run()

    assert before == "PENDING"
    found = AsyncResult(sent.id)
    assert (found.state, found.result, found.get(timeout=1)) == ("SUCCESS", 5, 5)
    assert (found.ready(), found.successful(), found.failed(), found.traceback) == (True, True, False, None)
    assert (found.name, found.args, found.queue) == ("test.running.add", [2, 3], "default")


def test_a_plain_task_is_completed_in_the_batch(hand, django_assert_num_queries):
    add.delay(2, 3)
    (message,) = hand.claim()

    with django_assert_num_queries(2):  # the batch's statement, and the look for endings of this test's worker
        hand.work_on(message)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 11, 21, 8, tzinfo=UTC),
        date(2026, 11, 21),
        Decimal("1.10"),
        uuid.UUID(int=5),
        b"bytes",
        b"\xff\xfe",
        {"deep": [Decimal(1), {"er": uuid.UUID(int=6)}]},
        "ü\x00",
        None,
    ],
    ids=repr,
)
def test_kombus_types_go_there_and_back(hand, value):
    sent = echo.delay(value)

    hand.run()

    assert sent.get(timeout=1) == value


def test_success_is_recorded_before_the_hooks_hear_of_it(hand):
    watched.delay("well")

    hand.run()

    assert EVENTS == ["before_start:PENDING", "run:PENDING", "on_success:SUCCESS", "after_return SUCCESS:SUCCESS"]


def test_failure_is_recorded_before_the_hooks_hear_of_it(hand):
    sent = watched.delay("raise")

    hand.run()

    assert EVENTS == ["before_start:PENDING", "run:PENDING", "on_failure:FAILURE", "after_return FAILURE:FAILURE"]
    assert isinstance(sent.result, KeyError)
    assert sent.result.args == ("lost",)
    assert "raise KeyError" in sent.traceback
    assert Invocation.objects.get().status == "failed"
    with pytest.raises(KeyError):
        sent.get(timeout=1)


def test_another_try_is_recorded_before_its_hook_and_has_no_after_return(hand):
    sent = watched.delay("retry")

    hand.run()

    assert EVENTS == ["before_start:PENDING", "run:PENDING", "on_retry:RETRY"]
    assert isinstance(sent.result, ValueError)
    row = Invocation.objects.get()
    assert (row.retries, row.id, row.error) == (1, sent.id, "ValueError: again")


def test_when_the_retries_are_used_up_the_error_itself_ends_the_task(hand):
    sent = watched.delay("retry")

    assert hand.run(rounds=3) == 2

    assert isinstance(sent.result, ValueError)
    assert EVENTS[-2:] == ["on_failure:FAILURE", "after_return FAILURE:FAILURE"]
    assert Invocation.objects.get().status == "dead"


def test_a_task_that_asks_to_be_ignored_stays_pending(hand):
    sent = watched.delay("ignore")

    hand.run()

    assert (sent.state, sent.result) == ("PENDING", None)
    assert EVENTS == ["before_start:PENDING", "run:PENDING"]
    assert hand.run() == 0


def test_signals_are_sent_in_order(hand, heard):
    names = heard(signals.task_prerun, signals.task_postrun, signals.task_success, signals.task_failure)
    add.delay(1, 1)
    watched.delay("raise")

    hand.run()

    assert names == ["task_prerun", "task_success", "task_postrun", "task_prerun", "task_failure", "task_postrun"]


def test_the_request_describes_the_call(hand):
    sent = describe.apply_async((1,), {"k": Decimal(2)}, headers={"tenant": "blue"})

    hand.run()

    assert sent.get(timeout=1) == {
        "id": sent.id,
        "retries": 0,
        "args": [1],
        "kwargs": {"k": Decimal(2)},
        "headers": {"tenant": "blue"},
        "tenant": "blue",
        "directly": False,
        "eager": False,
        "queue": "default",
        "root": sent.id,
        "task": "test.running.describe",
        "current": "test.running.describe",
        "chain": None,
    }
    assert not current_task


@shared_task(name="test.running.parent", bind=True)
def parent(self):
    child = describe.delay()
    return {"child": child.id, "children": [one.id for one in self.request.children]}


@shared_task(name="test.running.completes")
def completes():
    with runs.completing():
        pass


@shared_task(name="test.running.calls_in_place")
def calls_in_place():
    completes.apply()
    raise KeyError("after it")


def test_what_is_run_in_place_within_a_task_does_not_complete_that_one(hand):
    sent = calls_in_place.delay()

    hand.run()

    assert isinstance(sent.result, KeyError)


def test_what_a_task_sends_knows_its_parent_and_is_found_through_it(hand):
    sent = parent.delay()

    hand.run(rounds=2)

    child = sent.get(timeout=1)["child"]
    assert sent.get(timeout=1)["children"] == [child]
    assert [one.id for one in sent.children] == [child]
    assert AsyncResult(child).get(timeout=1)["root"] == sent.id


@shared_task(name="test.running.waits")
def waits():
    return AsyncResult("nobody").get(timeout=1)


def test_waiting_for_a_result_inside_of_a_task_is_an_error(hand):
    sent = waits.delay()

    hand.run()

    assert isinstance(sent.result, RuntimeError)
    assert "Never call result.get() within a task!" in str(sent.result)


@shared_task(name="test.running.returns")
def returns_what_is_no_json():
    return {1, 2}


def test_a_result_that_is_no_json_is_a_failure(hand):
    sent = returns_what_is_no_json.delay()

    hand.run()

    assert (sent.state, type(sent.result).__name__) == ("FAILURE", "EncodeError")


@shared_task(name="test.running.large")
def returns_too_much():
    return "x" * 2_000_000


def test_a_result_that_is_too_large_is_a_failure(hand):
    sent = returns_too_much.delay()

    hand.run()

    assert isinstance(sent.result, ValueError)


@shared_task(name="test.running.quiet", ignore_result=True)
def quiet(fails=False):
    if fails:
        raise ValueError("not told")
    return 7


@pytest.mark.parametrize("fails", [False, True])
def test_an_ignored_result_is_not_told(hand, fails):
    sent = quiet.delay(fails)

    hand.run()

    assert sent.get() is None
    assert (AsyncResult(sent.id).state, AsyncResult(sent.id).result) == ("PENDING", None)
    assert Invocation.objects.get().result is None or fails


def test_a_call_may_ask_for_its_result_to_be_ignored(hand):
    sent = add.apply_async((1, 2), ignore_result=True)

    hand.run()

    assert AsyncResult(sent.id).state == "PENDING"


def test_another_try_of_a_call_whose_result_is_ignored_is_not_told(hand):
    sent = watched.apply_async(("retry",), ignore_result=True)

    hand.run()

    assert sent.state == "PENDING"


@shared_task(name="test.running.progress", bind=True)
def progress(self, way):
    self.update_state(state="PROGRESS", meta={"done": 1, "of": Decimal(4)})
    EVENTS.append(repr((AsyncResult(self.request.id).state, AsyncResult(self.request.id).info)))
    if way == "ignore":
        self.update_state(
            state=states.FAILURE, meta={"exc_type": "KeyError", "exc_message": ["x"], "exc_module": "builtins"}
        )
        raise Ignore
    if way == "retry" and self.request.retries == 0:
        raise self.retry(countdown=0)
    return "done"


def test_a_state_of_ones_own_is_seen_while_the_task_runs(hand):
    sent = progress.delay("")

    hand.run()

    assert EVENTS == ["('PROGRESS', {'done': 1, 'of': Decimal('4')})"]
    assert (sent.state, sent.result) == ("SUCCESS", "done")


def test_a_state_of_ones_own_ends_with_the_attempt(hand):
    sent = progress.delay("retry")

    hand.run()

    assert (sent.state, sent.info) == ("RETRY", None)
    assert Invocation.objects.get().state is None


def test_a_state_that_was_told_stays_when_the_task_asks_to_be_ignored(hand):
    sent = progress.delay("ignore")

    hand.run()

    assert sent.state == "FAILURE"
    assert isinstance(sent.result, KeyError)


@shared_task(name="test.running.progress_in_a_transaction", bind=True)
def progress_in_a_transaction(self):
    with transaction.atomic():
        self.update_state(state="PROGRESS", meta=1)
        elsewhere = connection.copy()
        with elsewhere.cursor() as cursor:
            cursor.execute("SELECT 1 FROM tasks_invocation WHERE id = %s FOR UPDATE NOWAIT", [self.request.id])
        elsewhere.close()
    return AsyncResult(self.request.id).state


def test_a_state_told_in_a_transaction_holds_up_nobody_and_is_seen_after_the_commit(hand):
    sent = progress_in_a_transaction.delay()

    hand.run()

    assert sent.get(timeout=1) == "PROGRESS"


def test_a_state_is_told_of_the_running_call_only():
    with pytest.raises(NotSupportedError, match="running call only"):
        progress.update_state(task_id="another", state="PROGRESS")


@shared_task(name="test.running.tracked", bind=True, track_started=True)
def tracked(self):
    found = AsyncResult(self.request.id)
    return [found.state, sorted(found.info)]


def test_a_tracked_start_is_seen(hand):
    sent = tracked.delay()

    hand.run()

    assert sent.get(timeout=1) == ["STARTED", ["hostname", "pid"]]


@shared_task(name="test.running.calls", bind=True)
def calls_itself(self, depth):
    inner = calls_itself(depth - 1) if depth else None
    return [self.request.called_directly, self.request.id, inner]


def test_a_direct_call_within_a_task_has_a_request_of_its_own(hand):
    sent = calls_itself.delay(1)

    hand.run()

    assert sent.get(timeout=1) == [False, sent.id, [True, None, None]]


class Wrapped(Task):
    def __call__(self, *args, **kwargs):
        EVENTS.append("call")
        return super().__call__(*args, **kwargs)


@shared_task(name="test.running.wrapped", base=Wrapped, bind=True)
def wrapped(self):
    return self.request.id


def test_a_call_of_ones_own_is_honoured_within_the_running_request(hand):
    sent = wrapped.delay()

    hand.run()

    assert sent.get(timeout=1) == sent.id
    assert EVENTS == ["call"]


@shared_task(name="test.running.exits")
def exits():
    raise SystemExit(2)


def test_leaving_the_interpreter_is_a_failure_of_the_task(hand):
    sent = exits.delay()

    hand.run()

    assert sent.state == "FAILURE"


def test_a_task_whose_worker_died_too_often_has_lost_its_worker(hand):
    sent = add.delay(1, 2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tasks_invocation SET status = 'dead', error = 'died', finished_at = now()")

    assert isinstance(sent.result, WorkerLostError)


def test_a_late_attempt_changes_nothing_and_calls_no_hook(hand):
    sent = watched.delay("raise")
    (message,) = hand.claim()
    Invocation.objects.update(attempt=7)

    hand.work_on(message)

    assert sent.state == "PENDING"
    assert EVENTS == ["before_start:PENDING", "run:PENDING"]


@shared_task(name="test.running.rejects")
def rejects(requeue):
    raise Reject("no", requeue=requeue)


def test_what_is_rejected_has_failed_or_is_queued_again(hand):
    rejected, queued = rejects.delay(requeue=False), rejects.delay(requeue=True)

    hand.run()

    assert rejected.state == "FAILURE"
    assert isinstance(rejected.result, Reject)
    assert Invocation.objects.get(id=queued.id).status == "queued"


def test_a_forgotten_result_is_pending(hand):
    sent = add.delay(1, 2)
    hand.run()
    assert sent.get(timeout=1) == 3

    sent.forget()

    assert (sent.state, AsyncResult(sent.id).result) == ("PENDING", None)


@pytest.mark.parametrize("age", ["23 hours", "25 hours"])
def test_a_result_is_told_for_a_day(hand, age):
    sent = add.delay(1, 2)
    hand.run()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tasks_invocation SET finished_at = now() - %s::interval", [age])

    assert AsyncResult(sent.id).state == ("SUCCESS" if age == "23 hours" else "PENDING")


def test_an_unknown_task_ends_as_not_registered(hand):
    sent = current_app.send_task("nobody.knows.it", (1,))

    hand.run()

    assert (sent.state, type(sent.result).__name__, sent.result.args) == (
        "FAILURE",
        "NotRegistered",
        ("nobody.knows.it",),
    )


def test_the_class_of_an_error_that_is_not_imported_here_is_made_up(hand):
    sent = watched.delay("raise")
    hand.run()
    Invocation.objects.update(result='{"exc_type":"OddError","exc_message":["x"],"exc_module":"elsewhere"}')

    assert type(sent.result).__name__ == "OddError"


def test_the_error_of_used_up_retries_names_the_call(hand):
    @shared_task(name="test.running.never", bind=True, max_retries=0)
    def never(self, x):
        try:
            raise self.retry()
        except MaxRetriesExceededError as error:
            return str(error)

    sent = never.delay(1)

    hand.run()

    assert sent.get(timeout=1) == f"Can't retry test.running.never[{sent.id}] args:(1,) kwargs:{{}}"


@shared_task(name="test.running.tells_late", bind=True)
def tells_late(self):
    Invocation.objects.update(attempt=9)
    self.update_state(state="PROGRESS", meta={})


def test_a_late_attempt_tells_nothing(hand):
    tells_late.delay()

    hand.run()

    row = Invocation.objects.get()
    assert (row.status, row.state) == ("running", None)


@pytest.fixture
def stranger(monkeypatch):
    """Sends by name as a process does that does not know the task."""

    def send(name, **options):
        known = registry.tasks.pop(name)
        try:
            return current_app.send_task(name, **options)
        finally:
            registry.tasks[name] = known

    return send


@shared_task(name="test.running.keeps_nothing", ignore_result=True)
def keeps_nothing():
    return "x" * (runs.RESULT_MAX_BYTES + 1)


@shared_task(name="test.running.shown", ignore_result=True)
def shown():
    return "asked for"


@shared_task(name="test.running.keeps_errors", ignore_result=True, store_errors_even_if_ignored=True)
def keeps_errors():
    raise KeyError("lost")


def test_a_task_keeps_no_result_also_for_a_sender_that_does_not_know_it(hand, stranger):
    sent, failed = stranger(keeps_nothing.name), stranger(keeps_errors.name)
    asked_for = stranger(shown.name, ignore_result=False)

    hand.run()

    assert [AsyncResult(one.id).state for one in (sent, asked_for, failed)] == ["PENDING", "SUCCESS", "FAILURE"]
