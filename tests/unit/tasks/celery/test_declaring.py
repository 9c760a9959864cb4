"""Declaring a task and calling it in place: what is taken, and what is refused where it is written."""

import functools
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.utils import timezone as django_timezone

from apps.tasks.celery import Celery, Task, current_app, envelope, sending, shared_task
from apps.tasks.celery.exceptions import AlreadyRegistered, NotSupportedError, Retry


@shared_task
def add(x: int, y: int = 2) -> int:
    """Add two numbers."""
    return x + y


def test_without_options_the_name_is_module_and_function():
    assert add.name == f"{__name__}.add"


def test_a_direct_call_is_an_ordinary_call():
    assert add(1, y=4) == 5
    assert add.__doc__ == "Add two numbers."


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        pytest.param({"max_retry": 1}, "Did you mean 'max_retries'", id="a misspelling"),
        pytest.param({"ignore_results": True}, "Did you mean 'ignore_result'", id="another"),
        pytest.param({"description": "x"}, "Known are", id="something else"),
        pytest.param({"acks_late": False}, "always acknowledged after", id="early acknowledgement"),
        pytest.param({"rate_limit": "10/m"}, "no rate limits", id="a rate limit"),
        pytest.param({"serializer": "pickle"}, "arguments are JSON", id="pickle"),
        pytest.param({"priority": 10}, "from 0, which runs first, to 9", id="a priority above all"),
    ],
)
def test_an_option_that_cannot_be_had_is_refused_where_it_is_written(option, hint):
    with pytest.raises(NotSupportedError, match=hint):
        shared_task(name="test.never", **option)(lambda: None)


class WithOption(Task):
    verbose_name = "unnamed"


def test_an_attribute_of_the_base_may_be_given_as_an_option():
    task = shared_task(name="test.declaring.verbose", base=WithOption, verbose_name="mine")(lambda: None)

    assert task.verbose_name == "mine"


def test_a_base_class_is_checked_as_well():
    with pytest.raises(NotSupportedError, match="acks_late=False"):
        type("Early", (Task,), {"acks_late": False})


def test_a_function_given_as_a_hook_becomes_a_method():
    heard = []

    def on_failure(self, exc, *_rest):
        heard.append((self.name, exc))

    task = shared_task(name="test.declaring.hooked", on_failure=on_failure)(lambda: None)
    task.on_failure("x", 1, 2, 3, 4)

    assert heard == [("test.declaring.hooked", "x")]


@shared_task(name="test.declaring.particular", queue="slow", priority=3, expires=60)
def particular():
    """Goes its own way."""


@pytest.mark.parametrize(
    "send",
    [particular.apply_async, lambda **options: current_app.send_task(particular.name, **options)],
    ids=["apply_async", "send_task"],
)
def test_none_on_a_call_clears_what_the_task_says(monkeypatch, send):
    sent = []
    monkeypatch.setattr(sending, "send", lambda _name, _args, _kwargs, options: sent.append(options))

    send(expires=None)
    send(queue=None, priority=None)

    names = ("queue", "priority", "expires")
    assert [[options.get(name) for name in names] for options in sent] == [["slow", 3, None], [None, None, 60]]


def test_the_same_function_declared_again_is_the_same_task():
    def twice():
        """Imported twice."""

    assert shared_task(name="test.declaring.twice")(twice) is shared_task(name="test.declaring.twice")(twice)


def test_another_function_of_the_same_name_is_refused():
    with pytest.raises(AlreadyRegistered, match="is the name of another task"):
        shared_task(name=add.name)(lambda: None)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: add.delay(), r"add\(\) missing 1 required positional argument: 'x'"),
        (lambda: add.delay(1, z=2), r"add\(\) got an unexpected keyword argument 'z'"),
        (lambda: add.delay(1, 2, 3), r"add\(\) takes from 1 to 2 positional arguments but 3 were given"),
    ],
    ids=["too few", "unknown", "too many"],
)
def test_arguments_that_do_not_fit_are_refused_at_the_call_in_pythons_words(call, words):
    with pytest.raises(TypeError, match=words):
        call()


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        pytest.param({"countdwon": 1}, "Did you mean 'countdown'", id="a misspelling"),
        pytest.param({"routing_key": "x"}, "name a queue=", id="a routing key"),
        pytest.param({"immutable": True}, r"use .si\(\)", id="immutable"),
        pytest.param({"MessageGroupId": "1"}, "SQS", id="of another broker"),
        pytest.param({"producer": object()}, "one INSERT", id="a producer"),
        pytest.param({"queue": "two words"}, "cannot be a queue", id="a queue that is no name"),
        pytest.param({"priority": 11}, "from 0, which runs first, to 9", id="a priority above all"),
        pytest.param({"link": "name"}, "want a signature", id="a name instead of a signature"),
    ],
)
def test_an_option_of_a_call_that_cannot_be_had_is_refused(option, hint):
    with pytest.raises(NotSupportedError, match=hint):
        add.apply_async((1,), **option)


@pytest.mark.parametrize(
    ("headers", "error"),
    [("x", ValueError), (["x"], ValueError), ([1], ValueError), (5, TypeError), ({1, 2}, TypeError)],
)
@pytest.mark.parametrize("call", [add.apply_async, functools.partial(current_app.send_task, "no.such")])
def test_headers_that_are_none_are_refused_at_the_call(call, headers, error):
    with pytest.raises(error, match="headers= is a dict"):
        call((1,), headers=headers)


@pytest.mark.parametrize("headers", [{"tenant": 5}, [("tenant", 5)]])
def test_headers_may_be_pairs_as_in_celery(settings, headers):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    seen = []
    task = shared_task(bind=True, name=f"test.headers.{type(headers).__name__}")(
        lambda self: seen.append((self.request.headers, self.request.tenant))
    )

    task.apply_async(headers=headers)

    assert seen == [({"tenant": 5}, 5)]


def test_a_soft_limit_above_the_hard_one_is_refused_at_the_call():
    with pytest.raises(ValueError, match="soft_time_limit must be less than or equal to time_limit"):
        add.apply_async((1,), soft_time_limit=3, time_limit=2)


@pytest.mark.parametrize(
    ("eta", "seconds"),
    [
        pytest.param(lambda: django_timezone.now() + timedelta(seconds=90), 90, id="aware"),
        pytest.param(lambda: datetime.now(UTC).replace(tzinfo=None) + timedelta(seconds=90), 90, id="naive is UTC"),
        pytest.param(lambda: datetime.now(timezone(timedelta(hours=5))) + timedelta(days=366), 31_622_400, id="a year"),
    ],
)
def test_an_eta_becomes_a_delay(eta, seconds):
    assert envelope.delay_ms(None, eta()) == pytest.approx(seconds * 1000, abs=500)


def test_a_countdown_wins_over_an_eta():
    assert envelope.delay_ms(1.5, django_timezone.now()) == 1500


def test_a_naive_eta_is_read_in_the_apps_zone(settings):
    settings.CELERY_TIMEZONE = "Asia/Tokyo"
    tokyo = datetime.now(timezone(timedelta(hours=9))).replace(tzinfo=None) + timedelta(seconds=60)

    assert envelope.delay_ms(None, tokyo) == pytest.approx(60_000, abs=500)


def test_celerys_default_queue_is_ours():
    assert envelope.queue_of("celery") == "default"


@shared_task(name="test.declaring.stubborn", bind=True, autoretry_for=(ValueError,))
def stubborn(self):
    assert self.request.called_directly
    raise ValueError("once")


def test_called_directly_a_task_that_retries_by_itself_raises_its_error():
    with pytest.raises(ValueError, match="once"):
        stubborn()


@shared_task(name="test.declaring.asking", bind=True)
def asking(self):
    raise self.retry()


def test_called_directly_a_retry_without_a_reason_is_raised():
    with pytest.raises(Retry, match="Task can be retried"):
        asking()


def test_an_apps_main_stands_for_the_script():
    app = Celery("proj", set_as_current=False)

    assert app.gen_task_name("f", "__main__") == "proj.f"


class Counter(Task):
    name = "test.declaring.counter"

    def run(self, x):
        return x + 1


def test_a_class_can_be_registered():
    app = Celery("proj", set_as_current=False)

    task = app.register_task(Counter())

    assert task(1) == 2
    assert app.tasks["test.declaring.counter"] is task
    assert task.app is app


def test_a_task_has_the_name_of_its_function():
    assert (add.__name__, functools.wraps(add)(lambda: None).__name__) == ("add", "add")


@pytest.mark.parametrize("method", ["on_bound", "annotate", "signature_from_request", "add_trail", "from_config"])
def test_a_method_of_a_base_class_that_would_never_be_called_is_refused(method):
    with pytest.raises(NotSupportedError, match=method):
        type("Base", (Task,), {method: lambda _self: None})


@pytest.mark.parametrize("method", ["map", "starmap", "chunks"])
def test_what_a_task_does_not_do_is_refused_by_its_name(method):
    with pytest.raises(NotSupportedError, match=rf"Task\.{method} is not supported"):
        getattr(add, method)([1])


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("retry_backof", "retry_backoff"),
        ("max_retrys", "max_retries"),
        ("autoretry_fro", "autoretry_for"),
        ("on_sucess", "on_success"),
        ("ignore_results", "ignore_result"),
        ("expire", "expires"),
    ],
)
def test_a_misspelt_attribute_of_a_class_is_refused(misspelt, meant):
    with pytest.raises(NotSupportedError, match=f"Did you mean {meant!r}"):
        type("Misspelt", (Task,), {misspelt: 3})


@pytest.mark.parametrize(
    "own", ["retries", "queues", "names", "retry_delay", "timeout", "_max_retrys", "on_finish", "model"]
)
def test_an_attribute_of_ones_own_may_be_there(own):
    base = type("Own", (Task,), {own: 3})

    assert getattr(shared_task(name=f"test.own.{own}", base=base)(lambda: None), own) == 3


def test_a_misspelt_hook_is_refused_and_a_method_of_ones_own_is_not():
    with pytest.raises(NotSupportedError, match="Did you mean 'on_success'"):
        type("Misspelt", (Task,), {"on_sucess": lambda _self: None})

    type("Own", (Task,), {"after_run": lambda _self: None, "expired": property(lambda _self: False)})


def test_what_a_base_class_has_may_be_set_again():
    """Also a mixin, which is no class of tasks: the name is its own."""
    mixin = type("Mixin", (), {"max_retrys": 3})

    assert type("Mixed", (mixin, Task), {"max_retrys": 4}).max_retrys == 4
