"""Options of tasks, calls and settings that no other test is about: each does what it does in Celery."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.tasks.celery import AsyncResult, Celery, current_app, shared_task
from apps.tasks.management.commands.worker import Command
from apps.tasks.models import Invocation

pytestmark = pytest.mark.django_db(transaction=True)


@shared_task(name="test.honoured.tell", bind=True)
def tell(self):
    request = self.request
    return {
        "retries": request.retries,
        "root": request.root_id,
        "parent": request.parent_id,
        "shadow": request.shadow,
        "limits": request.timelimit,
        "priority": request.delivery_info["priority"],
    }


def told(sent):
    return sent.get(timeout=1)


# --- of a task ----------------------------------------------------------------------------------------------


@shared_task(name="test.honoured.placed", queue="slow", priority=4)
def placed():
    """In a queue and with a priority of its own."""


def test_a_tasks_queue_and_priority_are_its_calls():
    row = Invocation.objects.get(id=placed.delay().id)

    assert (row.queue, row.priority) == ("slow", 4)


def test_a_calls_queue_and_priority_win():
    row = Invocation.objects.get(id=placed.apply_async(queue="fast", priority=1).id)

    assert (row.queue, row.priority) == ("fast", 1)


@shared_task(name="test.honoured.waits", bind=True, default_retry_delay=70)
def waits(self):
    raise self.retry()


def test_a_retry_without_a_countdown_comes_after_the_tasks_delay(hand):
    sent = waits.delay()
    (message,) = hand.claim()

    hand.work_on(message)

    wait = Invocation.objects.get(id=sent.id).due_at - timezone.now()
    assert timedelta(seconds=60) < wait <= timedelta(seconds=70)


@shared_task(name="test.honoured.picky", autoretry_for=(Exception,), dont_autoretry_for=(KeyError,))
def picky():
    raise KeyError("not this one")


def test_an_error_that_is_excepted_is_not_retried(hand):
    sent = picky.delay()

    hand.run()

    assert (sent.state, Invocation.objects.get(id=sent.id).attempt) == ("FAILURE", 1)


@shared_task(name="test.honoured.once_more", autoretry_for=(KeyError,), retry_kwargs={"max_retries": 1, "countdown": 0})
def once_more():
    raise KeyError("again")


def test_automatic_retries_are_asked_for_as_the_task_says(hand):
    sent = once_more.delay()

    assert hand.run(rounds=4) == 2

    assert (sent.state, Invocation.objects.get(id=sent.id).retries) == ("FAILURE", 1)


@shared_task(name="test.honoured.limited", time_limit=60, soft_time_limit=50, bind=True)
def limited(self):
    return self.request.timelimit


def test_a_tasks_limits_are_its_calls(hand):
    sent = limited.delay()

    hand.run()

    assert told(sent) == [60, 50]


@shared_task(name="test.honoured.untyped", typing=False)
def untyped(_needed):
    """Is called without it."""


def test_arguments_are_not_checked_at_the_call_where_the_task_says_so(hand):
    sent = untyped.delay()

    hand.run()

    assert isinstance(sent.result, TypeError)


@shared_task(name="test.honoured.stale", expires=-1)
def stale():
    """Expired when it was sent."""


def test_a_task_may_expire_by_itself(hand):
    sent = stale.delay()

    hand.run()

    assert sent.state == "REVOKED"


@pytest.mark.parametrize("option", ["lazy", "shared"])
def test_a_task_is_there_at_once_for_every_app_whatever_it_says_of_that(hand, option):
    task = shared_task(name=f"test.honoured.{option}", **{option: False})(lambda: "ran")
    sent = current_app.tasks[task.name].delay()

    hand.run()

    assert told(sent) == "ran"


@shared_task(name="test.honoured.silent", ignore_result=True, store_errors_even_if_ignored=True)
def silent(*, fail):
    if fail:
        raise KeyError("lost")
    return "nobody asks"


def test_errors_are_kept_where_only_results_are_ignored(hand):
    failed, succeeded = silent.delay(fail=True), silent.delay(fail=False)

    hand.run()

    assert [AsyncResult(failed.id).state, AsyncResult(succeeded.id).state] == ["FAILURE", "PENDING"]


@shared_task(name="test.honoured.expects", throws=(KeyError,))
def expects():
    raise KeyError("as expected")


def test_an_expected_error_is_no_error_in_the_log(hand, caplog):
    expects.delay()

    with caplog.at_level(logging.INFO):
        hand.run()

    assert [record.levelname for record in caplog.records if record.name == "apps.tasks.celery.tracer"] == ["INFO"]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@shared_task(name="test.honoured.trails", bind=True)
def trails(self, **options):
    tell.apply_async(**options)
    return len(self.request.children)


@shared_task(name="test.honoured.leaves_none", bind=True, trail=False)
def leaves_none(self):
    tell.delay()
    return len(self.request.children)


def test_a_child_is_noted_unless_the_task_or_the_call_says_not(hand):
    noted, not_added, no_trail = trails.delay(), trails.delay(add_to_parent=False), leaves_none.delay()

    hand.run()

    assert [told(noted), told(not_added), told(no_trail)] == [1, 0, 0]


def test_json_may_be_named_as_the_serializer(hand):
    task = shared_task(name="test.honoured.json", serializer="json")(lambda x: x)
    sent = task.apply_async(({"a": 1},), serializer="json")

    hand.run()

    assert told(sent) == {"a": 1}


# --- of a call ----------------------------------------------------------------------------------------------


def test_a_call_may_say_where_it_comes_from_and_what_it_is_called(hand):
    sent = tell.apply_async(task_id="chosen", root_id="r", parent_id="p", retries=2, shadow="another name")

    hand.run()

    seen = told(AsyncResult("chosen"))
    assert sent.id == "chosen"
    assert (seen["root"], seen["parent"], seen["retries"], seen["shadow"]) == ("r", "p", 2, "another name")


# --- of the settings ----------------------------------------------------------------------------------------


def test_limits_and_a_priority_for_all_tasks(hand, settings):
    settings.CELERY_TASK_TIME_LIMIT = 60
    settings.CELERY_TASK_SOFT_TIME_LIMIT = 50
    settings.CELERY_TASK_DEFAULT_PRIORITY = 5
    sent = tell.delay()

    hand.run()

    assert (told(sent)["limits"], told(sent)["priority"]) == ([60, 50], 5)
    assert Invocation.objects.get(id=sent.id).priority == 5


@shared_task(name="test.honoured.sends")
def sends():
    return tell.delay().id


@pytest.mark.parametrize(("inherit", "priority"), [(True, 7), (False, 0)])
def test_a_child_inherits_its_parents_priority_where_that_is_asked_for(hand, settings, inherit, priority):
    settings.CELERY_TASK_INHERIT_PARENT_PRIORITY = inherit
    sent = sends.apply_async(priority=7)

    hand.run()

    assert Invocation.objects.get(id=told(sent)).priority == priority


def test_errors_are_kept_for_all_tasks_that_ignore_results(hand, settings):
    settings.CELERY_TASK_IGNORE_RESULT = True
    settings.CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = True
    task = shared_task(name="test.honoured.all_silent")(lambda: 1 / 0)
    sent = task.delay()

    hand.run()

    assert AsyncResult(sent.id).state == "FAILURE"


def test_starts_are_told_for_all_tasks(hand, settings):
    settings.CELERY_TASK_TRACK_STARTED = True
    task = shared_task(name="test.honoured.started", bind=True)(lambda self: AsyncResult(self.request.id).state)
    sent = task.delay()

    hand.run()

    assert told(sent) == "STARTED"


def test_a_result_tells_what_was_called(hand, settings):
    settings.CELERY_RESULT_EXTENDED = True
    sent = placed.apply_async(queue="default")

    hand.run()

    result = AsyncResult(sent.id)
    assert (result.name, result.args, result.kwargs, result.queue) == ("test.honoured.placed", [], {}, "default")


@pytest.mark.parametrize("setting", ["imports", "include"])
def test_modules_named_by_the_settings_are_imported(setting, tmp_path, monkeypatch, settings):
    (tmp_path / f"{setting}_of_a_shop.py").write_text(
        f"from apps.tasks.celery import shared_task\n@shared_task(name='shop.{setting}')\ndef ship(): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(settings, f"CELERY_{setting.upper()}", [f"{setting}_of_a_shop"], raising=False)
    app = Celery("shop", set_as_current=False)

    assert f"shop.{setting}" in app.tasks


def test_the_concurrency_is_the_workers_threads(settings):
    settings.CELERY_WORKER_CONCURRENCY = 6
    settings.TASKS = {**settings.TASKS, "WORKER_PROCESSES": 2}

    assert Command().create_parser("manage.py", "worker").parse_args([]).threads == 3
