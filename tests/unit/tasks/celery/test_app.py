"""The app: finding tasks, schedules of its settings, and what it tells when it is ready."""

import pytest

from apps.tasks import schedules
from apps.tasks.celery import Celery, current_app, shared_task
from apps.tasks.celery import app as app_module
from apps.tasks.celery.exceptions import NotRegistered, NotSupportedError
from apps.tasks.celery.schedules import crontab


@shared_task(name="test.app.task")
def task(*_args):
    """Is there."""


@pytest.fixture
def declared(monkeypatch):
    monkeypatch.setattr(schedules, "_declared", {})
    return schedules._declared


@pytest.fixture
def app(monkeypatch):
    """The only app there is."""
    made = Celery("proj", set_as_current=False)
    monkeypatch.setattr("apps.tasks.celery.current._apps", [made])
    return made


def test_the_settings_schedule_is_declared(app, declared, settings):
    settings.CELERY_BEAT_SCHEDULE = {"nightly": {"task": "test.app.task", "schedule": crontab(hour=3, minute=0)}}

    app_module.declare_schedules()

    assert declared["nightly"].task == "test.app.task"


def test_a_periodic_task_added_when_the_app_is_configured_is_declared(app, declared):
    @app.on_after_configure.connect
    def set_up(sender, **_named):
        sender.add_periodic_task(30.0, task.s("x"), name="half a minute", queue="slow")

    app_module.declare_schedules()

    assert declared["half a minute"].timing.text == "every 30 s"
    assert '"queue": "slow"' in declared["half a minute"].arguments


def test_a_shared_task_that_was_declared_before_the_app_was_made_follows_its_settings(monkeypatch):
    monkeypatch.setattr("apps.tasks.celery.current._apps", [])
    early = shared_task(name="test.app.early")(lambda: None)
    made = Celery("proj", config_source={"task_always_eager": True})

    assert early.app is made
    assert early.app.conf.task_always_eager


def test_the_app_tells_once_when_it_is_configured_and_finalized(app):
    told = []
    on_configure = lambda **_named: told.append("configured")  # noqa: E731
    on_finalize = lambda **_named: told.append("finalized")  # noqa: E731
    app.on_after_configure.connect(on_configure)
    app.on_after_finalize.connect(on_finalize)

    app.finalize()
    app.finalize()

    assert told == ["configured", "finalized"]


def test_modules_named_by_package_are_imported_when_the_app_is_finalized(app, tmp_path, monkeypatch):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("")
    (tmp_path / "shop" / "jobs.py").write_text(
        "from apps.tasks.celery import shared_task\n@shared_task\ndef ship(): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    app.autodiscover_tasks(["shop", "nothing_there"], related_name="jobs")

    assert app.tasks["shop.jobs.ship"].name == "shop.jobs.ship"


def test_a_task_that_is_not_there_is_not_registered(app):
    with pytest.raises(NotRegistered):
        app.tasks["nobody"]


def test_the_current_app_is_the_one_made_last(app):
    assert current_app == app


def test_an_option_of_the_app_that_cannot_be_had_is_refused():
    with pytest.raises(NotSupportedError, match="Celery\\(\\) has no option 'loader'"):
        Celery("proj", set_as_current=False, loader="x")


def test_a_base_class_for_all_tasks_of_an_app(app):
    class Base(app.Task):
        color = "blue"

    app.Task = Base

    assert app.task(name="test.app.based")(lambda: None).color == "blue"


def test_queues_named_by_the_settings_are_to_be_consumed(app, settings):
    settings.CELERY_TASK_ROUTES = {"a.*": {"queue": "a"}, "b.*": "b"}
    settings.CELERY_TASK_DEFAULT_QUEUE = "main"

    assert app.queues() == {"a", "b", "main"}
