import io
import json
import logging

import pytest
from django.http import HttpRequest, HttpResponse

from apps.common import log_context, request_ids
from project.logging import logging_config


def answer_to(offered: str | None) -> HttpResponse:
    request = HttpRequest()
    if offered is not None:
        request.META["HTTP_X_REQUEST_ID"] = offered
    return request_ids.middleware(lambda _: HttpResponse())(request)


def test_an_id_that_came_with_the_request_is_kept() -> None:
    assert answer_to("abc-1.2_Z")["X-Request-ID"] == "abc-1.2_Z"


@pytest.mark.parametrize("offered", [None, "", "a b", "a\nb", "é", "x" * 65, '{"a":1}'])
def test_any_other_request_gets_a_new_one(offered: str | None) -> None:
    given = answer_to(offered)["X-Request-ID"]
    assert given != offered
    assert len(given) == 32
    assert given != answer_to(offered)["X-Request-ID"]


def test_a_log_line_carries_the_facts_of_its_work_unless_it_says_otherwise() -> None:
    config = logging_config("json")
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(config["formatters"]["line"]["()"]())
    handler.addFilter(log_context.Facts())
    log_context.begin(request_id="r1", invocation="i1")
    record = logging.makeLogRecord({"msg": "said", "invocation": "another"})
    handler.handle(record)
    log_context.begin()
    line = json.loads(handler.stream.getvalue())
    assert (line["request_id"], line["invocation"]) == ("r1", "another")
