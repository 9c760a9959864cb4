"""The errors of a POST of deals: as all errors are, and with the `Status` and `Desc` of this API's first version."""

from dataclasses import replace

from apps.common.problems import Problem


def with_status(problem: Problem) -> Problem:
    return replace(problem, members={**problem.members, **status(problem.detail)})


def status(detail: str) -> dict[str, str]:
    return {"Status": "Error", "Desc": detail}
