"""Which request caused an invocation: its id travels in the options of the payload, and is taken up by the run.

So the log lines of a request, of the tasks that it sent and of those that they sent can be found together.
"""

from collections.abc import Mapping
from typing import Any

from dramatiq.errors import DecodeError
from dramatiq.message import get_encoder

from apps.common import log_context

#: The option's name, and that of the fact on log lines.
OPTION = "request_id"


def marked(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options of a call with the id of the request that it is made in, if there is one."""
    request_id = log_context.current().get(OPTION)
    return {**options, OPTION: request_id} if request_id else options


def take_up(invocation_id: str, options: Mapping[str, Any]) -> None:
    """From here on the log lines of this thread, and what it sends, belong to this invocation."""
    request_id = options.get(OPTION)
    log_context.begin(invocation=invocation_id, **({OPTION: str(request_id)} if request_id else {}))


def of_payload(payload: str) -> str | None:
    """The id of the request that caused a call; None where none did."""
    try:
        request_id = get_encoder().decode(payload.encode("utf-8"))["options"].get(OPTION)
    except (DecodeError, KeyError, TypeError, AttributeError):
        return None
    return str(request_id) if request_id else None
