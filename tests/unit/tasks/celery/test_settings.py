"""Celery's settings: honoured, warned of, or refused; by system checks and where they are set."""

import re

import pytest
from django.core.checks import ERROR, WARNING

from apps.tasks.celery import Celery, settings
from apps.tasks.celery.app import shared_task
from apps.tasks.celery.checks import check_settings
from apps.tasks.celery.conf import Conf
from apps.tasks.celery.exceptions import NotSupportedError
from apps.tasks.celery.sending import prepare, route_of


@pytest.mark.parametrize(
    ("name", "value", "level", "words"),
    [
        pytest.param("CELERY_BROKER_URL", "amqp://elsewhere", ERROR, "another broker", id="another broker"),
        pytest.param("CELERY_RESULT_BACKEND", "django-db", ERROR, "redis://", id="another result backend"),
        pytest.param("CELERY_TASK_SERIALIZER", "pickle", ERROR, "JSON", id="pickle"),
        pytest.param("CELERY_TASK_ACKS_LATE", False, ERROR, "acknowledged", id="early acknowledgement"),
        pytest.param("CELERY_CASSANDRA_KEYSPACE", "x", ERROR, "PostgreSQL", id="of a backend that is not there"),
        pytest.param("CELERY_WORKER_PREFETCH_MULTIPLIER", 1, WARNING, "no effect", id="without effect"),
        pytest.param("CELERY_TASK_TIME_LIMITS", 1, WARNING, "not a setting", id="a misspelling"),
    ],
)
def test_a_setting_that_cannot_be_had_fails_the_check_and_one_without_effect_is_warned_of(
    settings, name, value, level, words
):
    setattr(settings, name, value)

    (message,) = check_settings()

    assert (message.level, words in message.msg) == (level, True)
    assert message.hint


def test_our_own_broker_and_what_is_honoured_pass_the_checks(settings):
    settings.CELERY_BROKER_URL = settings.REDIS_URL
    settings.CELERY_RESULT_BACKEND = "redis://anywhere"
    settings.CELERY_TASK_SERIALIZER = "json"
    settings.CELERY_TASK_TIME_LIMIT = 60

    assert check_settings() == []


def test_the_hint_at_a_misspelling_names_what_was_meant(settings):
    settings.CELERY_TASK_TIME_LIMITS = 1

    assert check_settings()[0].hint == "Did you mean CELERY_TASK_TIME_LIMIT?"


def test_settings_are_read_as_attributes_and_as_a_mapping_with_celerys_defaults(settings):
    conf = Conf()
    settings.CELERY_TASK_TIME_LIMIT = 60

    assert (conf.task_time_limit, conf["task_time_limit"], conf.get("task_time_limit")) == (60, 60, 60)
    assert (conf.task_default_queue, conf.result_seconds) == ("celery", 86_400)
    assert "task_always_eager" in conf


def test_what_cannot_be_had_is_refused_where_it_is_set():
    conf = Conf()

    with pytest.raises(NotSupportedError, match="no rate limits"):
        conf.task_default_rate_limit = "1/s"
    with pytest.raises(NotSupportedError, match="Did you mean 'task_always_eager'"):
        conf.update(task_always_eagr=True)


def test_a_mapping_or_a_module_may_be_the_source():
    app = Celery("proj", set_as_current=False)
    app.config_from_object({"MINE_TASK_TIME_LIMIT": 5}, namespace="MINE")

    assert app.conf.task_time_limit == 5
    assert app.conf.given() == {"task_time_limit": 5}


def test_the_namespace_may_be_the_apps():
    app = Celery("proj", set_as_current=False, namespace="MINE")
    app.config_from_object({"MINE_TASK_TIME_LIMIT": 5})

    assert app.conf.task_time_limit == 5


@pytest.mark.parametrize("namespace", ["CELERY", None])
def test_the_names_of_celery_3_are_read_as_well(namespace):
    app = Celery("proj", set_as_current=False)
    beat = {"nightly": {"task": "x", "schedule": 5}}
    source = {"CELERYBEAT_SCHEDULE": beat, "CELERY_ALWAYS_EAGER": True, "CELERYD_TASK_TIME_LIMIT": 7, "OTHER": 1}
    app.config_from_object(source, namespace=namespace)

    assert (app.conf.beat_schedule, app.conf.task_always_eager, app.conf.task_time_limit) == (beat, True, 7)
    assert app.conf.given() == {"beat_schedule": beat, "task_always_eager": True, "task_time_limit": 7}


def test_of_two_names_the_one_of_today_counts():
    app = Celery("proj", set_as_current=False)
    app.config_from_object({"CELERYD_TASK_TIME_LIMIT": 7, "CELERY_TASK_TIME_LIMIT": 5}, namespace="CELERY")

    assert (app.conf.task_time_limit, app.conf.given()) == (5, {"task_time_limit": 5})


@pytest.mark.parametrize(
    ("name", "value", "level"),
    [
        ("CELERYD_MAX_TASKS_PER_CHILD", 10, ERROR),
        ("CELERYD_PREFETCH_MULTIPLIER", 1, WARNING),
        ("CELERYBEAT_SCHEDULER", "x", WARNING),
        ("BROKER_URL", "amqp://elsewhere", ERROR),
    ],
)
def test_old_names_are_checked_as_those_of_today(settings, name, value, level):
    setattr(settings, name, value)

    assert [message.level for message in check_settings()] == [level]


@pytest.mark.parametrize(
    ("routes", "found"),
    [
        pytest.param({"feeds.*": {"queue": "feeds"}}, {"queue": "feeds"}, id="a pattern"),
        pytest.param({"feeds.read": "slow", "feeds.*": "feeds"}, {"queue": "slow"}, id="the first that fits"),
        pytest.param([("web.*", "web"), ("feeds.*", {"queue": "f", "priority": 3})], {}, id="a list of pairs"),
        pytest.param([lambda *_call: None, {"feeds.read": "r"}], {"queue": "r"}, id="the first with an answer"),
        pytest.param({"feeds.*": "feeds", "feeds.read": "slow"}, {"queue": "slow"}, id="a full name before patterns"),
        pytest.param({re.compile(r"feeds\.(read|write)"): "rw"}, {"queue": "rw"}, id="a regular expression"),
        pytest.param(None, {}, id="none"),
    ],
)
def test_routes(routes, found):
    if isinstance(routes, list) and isinstance(routes[0], tuple):
        routes, found = [routes], {"queue": "f", "priority": 3}

    assert route_of("feeds.read", routes) == found


def by_first_argument(name, args, kwargs, options, task=None, **_more):
    return {"queue": f"{name}.{args[0]}", "priority": kwargs["urgency"]} if options.get("sorted") else None


@pytest.mark.parametrize("router", [by_first_argument, f"{__name__}.by_first_argument"])
def test_a_function_routes_by_the_call(router):
    call = (("north",), {"urgency": 2}, {"sorted": True})

    assert route_of("feeds.read", router, call) == {"queue": "feeds.read.north", "priority": 2}
    assert route_of("feeds.read", [router, {"feeds.*": "f"}], (*call[:2], {})) == {"queue": "f"}
    assert route_of("feeds.read", [router, {"feeds.*": "f"}]) == {"queue": "f"}


def test_a_route_gives_its_priority_to_a_call_that_names_a_queue(settings):
    settings.CELERY_TASK_ROUTES = {"feeds.*": {"queue": "feeds", "priority": 3}}

    sent = prepare("feeds.read", (), {}, {"queue": "mine"})

    assert (sent.queue, sent.priority) == ("mine", 3)


def test_a_route_that_cannot_be_followed_is_refused(settings):
    settings.CELERY_TASK_ROUTES = ([("feeds.*", {"exchange": "media", "routing_key": "feeds"})],)

    (message,) = check_settings()
    assert (message.level, "exchange, routing_key" in message.msg) == (ERROR, True)
    with pytest.raises(NotSupportedError, match="routing_key"):
        route_of("feeds.read", lambda *_call, **_more: {"routing_key": "x"}, ((), {}, {}))


def test_no_setting_stands_in_two_tables():
    honoured, silent, refused = set(settings.HONOURED), set(settings.WITHOUT_EFFECT), set(settings.REFUSED)

    assert len(honoured | silent | refused) == len(honoured) + len(silent) + len(refused)


def test_a_task_takes_from_the_settings_what_it_does_not_say(settings):
    settings.CELERY_TASK_IGNORE_RESULT = True

    assert shared_task(name="test.settings.quiet")(lambda: None).ignore_result is True
    assert shared_task(name="test.settings.told", ignore_result=False)(lambda: None).ignore_result is False
