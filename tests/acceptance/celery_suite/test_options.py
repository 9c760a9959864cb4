"""No option of Celery's is accepted and ignored: each is honoured, with a test that shows it, or refused by name."""

import ast
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, run_checks
from django.test import override_settings

from apps.tasks.celery import options, settings, shared_task
from apps.tasks.celery.exceptions import NotSupportedError
from tests.acceptance.celery_suite import lists, scope
from tests.support.processes import REPOSITORY

PROOFS: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "proofs.toml").read_text(encoding="utf-8"))


def refuse_task_option(option: str) -> None:
    shared_task(**{option: object()})(lambda: None)


def refuse_call_option(option: str) -> None:
    options.check_call("some task", {option: object()})


def refusal(refuse: Callable[[str], None], option: str) -> str:
    """What is said against it; nothing if it is accepted."""
    try:
        refuse(option)
    except NotSupportedError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("found", "honoured", "refuse"),
    [
        pytest.param(lists.task_options, options.TASK_OPTIONS, refuse_task_option, id="task"),
        pytest.param(lists.call_options, options.CALL_OPTIONS | {"args", "kwargs"}, refuse_call_option, id="call"),
    ],
)
def test_what_is_not_honoured_is_refused_by_name_with_the_reason(
    celery_sources: Path, found: Callable[[Path], set[str]], honoured: frozenset[str], refuse: Callable[[str], None]
) -> None:
    for option in found(celery_sources) - honoured:
        said = refusal(refuse, option)
        assert repr(option) in said, f"{option} is accepted, and not honoured"
        # A reason, not only the list of what there is: somebody's code says this, and has to be changed.
        assert "is not supported: " in said, f"{option} is refused without a reason: {said}"


@pytest.mark.parametrize(
    ("option", "values"), [(option, values) for option, (values, _) in options.TASK_VALUES.items()]
)
def test_a_value_that_cannot_be_had_is_refused_by_name(option: str, values: tuple[Any, ...]) -> None:
    assert option in refusal(refuse_task_option, option)
    for value in values:
        options.check_task("some task", {option: value})


def checked(given: dict[str, Any]) -> dict[str, list[CheckMessage]]:
    """Which messages of the system check name which of these settings of Celery's."""
    with override_settings(**{variable(name): value for name, value in given.items()}):
        messages = run_checks()
    return {
        name: [message for message in messages if re.search(rf"\b{variable(name)}\b", f"{message.msg} {message.hint}")]
        for name in given
    }


def variable(name: str) -> str:
    return f"CELERY_{name.upper()}"


def a_good_value(name: str) -> Any:
    """What is honoured may be set to Celery's default; the addresses are this project's."""
    if name in {"broker_url", "result_backend"}:
        return django_settings.REDIS_URL
    return settings.HONOURED.get(name, "something")


def test_each_setting_that_is_not_honoured_is_named_by_the_system_check(celery_sources: Path) -> None:
    names = lists.settings(celery_sources)

    told = checked({name: a_good_value(name) for name in names})

    assert [name for name in names - set(settings.HONOURED) if not told[name]] == []
    assert [told[name] for name in settings.HONOURED if told[name]] == []


@pytest.mark.parametrize("name", settings.ONLY)
def test_a_setting_that_has_one_value_only_is_an_error_with_another(name: str) -> None:
    told = checked({name: "another"})

    assert [message.is_serious() for message in told[name]] == [True]


def test_a_misspelled_setting_is_named_with_what_was_meant() -> None:
    told = checked({"task_alway_eager": True})

    assert "CELERY_TASK_ALWAYS_EAGER" in f"{told['task_alway_eager'][0].msg} {told['task_alway_eager'][0].hint}"


@pytest.mark.parametrize(
    ("kind", "found", "honoured"),
    [
        pytest.param("task", lists.task_options, options.TASK_OPTIONS, id="task"),
        pytest.param("call", lists.call_options, options.CALL_OPTIONS | {"args", "kwargs"}, id="call"),
        pytest.param("settings", lists.settings, settings.HONOURED, id="settings"),
    ],
)
def test_what_is_honoured_has_a_test_that_shows_it(
    celery_sources: Path, kind: str, found: Callable[[Path], set[str]], honoured: frozenset[str]
) -> None:
    assert set(PROOFS[kind]) == found(celery_sources) & set(honoured)
    assert [proof for proof in PROOFS[kind].values() if not exists(proof)] == []


def exists(proof: str) -> bool:
    """Whether there is that test, and whether it has to pass."""
    path, _, name = proof.partition("::")
    if path.startswith("t/"):
        return any(proof in scope.in_scope(selection) for selection in scope.read())
    tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(tree))
