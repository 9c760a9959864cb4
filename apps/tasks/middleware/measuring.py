"""Measures attempts: how long they waited, how long they ran, how they ended."""

import threading
import time
from typing import Any

from dramatiq import Broker, MessageProxy, Middleware, Worker

from apps.tasks import measures
from apps.tasks.consumer import ClaimedMessage
from apps.tasks.errors import ClaimLostError
from apps.tasks.outcomes import AnotherTry, GivenUp, HandedBack

LAST_FLUSH_SECONDS = 0.3


class _Thread(threading.local):
    started_at = 0.0


class Measuring(Middleware):
    """Stands before the Recorder, so that at the end, when the order is reversed, it hears what that has decided.

    Endings other than success are counted by `endings`, which makes them, whoever ran the task last.
    """

    def __init__(self) -> None:
        self._thread = _Thread()
        self._flusher: measures.Flusher | None = None

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002
        self._flusher = measures.Flusher()
        self._flusher.start()

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:  # noqa: ARG002
        if self._flusher is not None:
            self._flusher.close(LAST_FLUSH_SECONDS)

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:  # noqa: ARG002
        self._thread.started_at = time.perf_counter()

    def after_process_message(
        self,
        broker: Broker,  # noqa: ARG002
        message: MessageProxy,
        *,
        result: Any = None,  # noqa: ARG002
        exception: BaseException | None = None,
    ) -> None:
        if not isinstance(message, ClaimedMessage):
            return
        seconds = time.perf_counter() - self._thread.started_at
        outcome = _outcome(message, exception)
        measures.pending.attempt(
            message.actor_name, outcome, ran_seconds=seconds, waited_seconds=message.waited_seconds
        )


def _outcome(message: ClaimedMessage, error: BaseException | None) -> str:
    match message.ended:
        case AnotherTry():
            return "retried"
        case GivenUp() as given_up:
            return given_up.ends_as
        case HandedBack():
            return "handed_back"
    return "superseded" if isinstance(error, ClaimLostError) else measures.SUCCEEDED
