"""What is written down in several packaging files, and has to agree."""

import json
import re
import tomllib
from dataclasses import fields
from typing import Any

import pytest
import yaml

from project.config import REQUIRED, Config
from tests.support.processes import REPOSITORY

VARIABLES = {variable.name.upper(): variable.metadata for variable in fields(Config)}
REQUIRED_VARIABLES = {name for name, metadata in VARIABLES.items() if metadata["default"] is REQUIRED}
#: Read by others than `project.config`: Python's tempfile, PostgreSQL's image.
OF_OTHERS = {"TMPDIR", "POSTGRES_PASSWORD"}

COMPOSE = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
APP = json.loads((REPOSITORY / "app.json").read_text())
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()
ENV_EXAMPLE = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (REPOSITORY / ".env.example").read_text(), re.M))


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(set(APP["env"]), id="app.json"),
        pytest.param(set(ENV_EXAMPLE), id=".env.example"),
        pytest.param(set(re.findall(r"\b([A-Z_]+)=\S+ ", (REPOSITORY / "Procfile").read_text())), id="Procfile"),
        *(pytest.param(set(service["environment"]), id=f"Compose {name}") for name, service in OURS.items()),
    ],
)
def test_only_variables_that_somebody_reads_are_set(names: set[str]) -> None:
    assert names <= set(VARIABLES) | OF_OTHERS


@pytest.mark.parametrize("name", [name for name in OURS if name != "autotests"])
def test_a_container_has_every_variable_without_a_default(name: str) -> None:
    assert set(OURS[name]["environment"]) >= REQUIRED_VARIABLES


def test_a_deployment_from_app_json_asks_for_every_variable_that_no_addon_brings() -> None:
    generated = {"METRICS_TOKEN"}
    assert set(APP["env"]) == REQUIRED_VARIABLES - {"DATABASE_URL", "REDIS_URL"} | generated
    assert all(APP["env"][name]["generator"] == "secret" for name in generated)


def test_a_local_start_with_the_example_environment_lacks_nothing() -> None:
    assert set(ENV_EXAMPLE) >= REQUIRED_VARIABLES


def test_the_image_keeps_no_variable_that_only_its_build_needed() -> None:
    kept = set(re.findall(r"\b([A-Z_]+)=", " ".join(re.findall(r"^ENV ((?:.*\\\n)*.*)", DOCKERFILE, re.M))))

    assert not kept & REQUIRED_VARIABLES


@pytest.mark.parametrize("name", list(OURS))
def test_a_container_of_ours_cannot_gain_rights(name: str) -> None:
    service: dict[str, Any] = OURS[name]

    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["cap_drop"] == ["ALL"]
    assert service.get("read_only") or name == "autotests"  # the suite writes caches beside the code


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_container_is_given_longer_than_its_tasks_and_requests_are(name: str) -> None:
    grace_seconds = OURS[name]["environment"]["SHUTDOWN_GRACE_SECONDS"]

    assert int(OURS[name]["stop_grace_period"].removesuffix("s")) >= grace_seconds + 5


def test_every_stage_of_the_image_ends_as_an_ordinary_user() -> None:
    finals = {service["build"]["target"] for service in OURS.values()}
    stages = dict(re.findall(r"^FROM \S+ AS (\S+)\n((?:(?!^FROM ).*\n)*)", DOCKERFILE, re.M))

    assert finals <= set(stages)
    assert all(re.findall(r"^USER (\S+)$", stages[name], re.M) == ["1000:1000"] for name in finals)


def test_the_image_has_every_folder_that_runs_or_is_read() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.M))
    packages = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]

    assert copied == {*packages, *(folder.name for folder in REPOSITORY.glob("*_data"))}


def test_the_same_python_is_named_everywhere() -> None:
    version = (REPOSITORY / ".python-version").read_text().strip()

    assert re.findall(r"^FROM python:(\S+)-slim", DOCKERFILE, re.M) == [version]
