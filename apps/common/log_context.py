"""What every log line of a piece of work tells of it: the id of its request, of its invocation.

A thread's facts are those of the work it began last; they are not taken back at the end of a request, because what
follows its answer (Django's own line about an error, a body that is still being streamed) belongs to it as well.
"""

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType

_facts: ContextVar[Mapping[str, str]] = ContextVar("log_facts", default=MappingProxyType({}))


def begin(**facts: str) -> None:
    """From here on the lines of this thread carry these facts, and no others."""
    _facts.set(MappingProxyType(facts))


def current() -> Mapping[str, str]:
    return _facts.get()


class Facts(logging.Filter):
    """Puts the facts on each line that does not say otherwise itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in current().items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True
