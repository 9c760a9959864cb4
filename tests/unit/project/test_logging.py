"""What log lines look like."""

import json
import logging

import pytest

from project.logging import JsonFormatter, TextFormatter

FORGED = "/жук\n12:00:00 INFO apps.deals imported\x1b[2J"


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()])
def test_what_a_client_sent_makes_no_line_of_its_own_and_steers_no_terminal(formatter: logging.Formatter) -> None:
    line = formatter.format(logging.makeLogRecord({"msg": "request failed", "path": FORGED}))
    assert line.isprintable()
    assert "/жук\\n12:00:00" in line


def test_data_come_through_as_they_are() -> None:
    record = logging.makeLogRecord({"msg": "m", "path": FORGED, "number": 7})
    assert TextFormatter().format(record).endswith("number=7")
    assert json.loads(JsonFormatter().format(record))["path"] == FORGED
