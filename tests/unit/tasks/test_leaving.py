"""A worker process does not outlive its keeper, but neither is it cut short on its way out."""

import os
import threading

import pytest

from apps.tasks import process


@pytest.mark.parametrize(
    ("leaving", "code"), [pytest.param(False, 1, id="at work"), pytest.param(True, 0, id="on its way out")]
)
def test_when_the_keeper_is_gone_a_process_ends_with_the_exit_code_it_deserves(leaving: bool, code: int) -> None:
    said = threading.Event()
    if leaving:
        said.set()
    watched, keeper = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(keeper)
        try:
            process.leave_with(watched, said)
        finally:
            os._exit(0)
    os.close(keeper)
    os.close(watched)

    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == code
