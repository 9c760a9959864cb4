"""The Recorder: turns the end of each attempt into the outcome that the writer records."""

import functools
import time
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from dramatiq import Actor, Broker, MessageProxy, Middleware
from dramatiq.middleware import SkipMessage
from dramatiq.middleware.shutdown import Shutdown

from apps.tasks import ledger, origins, retries, runs
from apps.tasks.consumer import ClaimedMessage
from apps.tasks.errors import ClaimLostError
from apps.tasks.outcomes import GivenUp, HandedBack, Outcome
from apps.tasks.retries import RetryPolicy
from apps.tasks.runs import Run


class Recorder(Middleware):
    """Decides only; writing is the consumer's and the writer's. (Dramatiq swallows what a hook raises, so nothing in
    here may be able to fail.)

    Actor options:
      atomic(bool): the whole function runs in one transaction with its completion.
      on_end(callable): told once when an invocation ends otherwise than by success; see `endings`.
      retry_policy(RetryPolicy): instead of the options below.
      max_retries, min_backoff, max_backoff, retry_when, throws: as Dramatiq's Retries middleware has them.
    """

    #: What was claimed longer ago may have been called off since: it costs a look. Tasks held ahead start sooner.
    OLD_CLAIM_SECONDS = 0.1

    @property
    def actor_options(self) -> set[str]:
        return {
            "atomic",
            "on_end",
            "retry_policy",
            "max_retries",
            "min_backoff",
            "max_backoff",
            "retry_when",
            "throws",
        }

    def after_declare_actor(self, broker: Broker, actor: "Actor[Any, Any]") -> None:  # noqa: ARG002
        """Let the run keep what the function returns: Dramatiq's worker would warn that it is discarded."""
        function = actor.fn

        @functools.wraps(function)
        def run_or_call(*args: Any, **kwargs: Any) -> Any:
            run = runs.current()
            if run is None or run.entered:
                return function(*args, **kwargs)
            run.entered = True
            if actor.options.get("atomic"):
                with runs.completing():
                    run.result = function(*args, **kwargs)
            else:
                run.result = function(*args, **kwargs)
            return None

        actor.fn = run_or_call

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:  # noqa: ARG002
        if isinstance(message, ClaimedMessage):
            if time.monotonic() - message.began_at > self.OLD_CLAIM_SECONDS and _is_called_off(message):
                message.outcome = HandedBack(message.claim)
                raise SkipMessage
            origins.take_up(message.claim.id, message.options)
            runs.set_current(Run(claim=message.claim, retries=message.options["retries"], message=message._message))

    def after_process_message(
        self,
        broker: Broker,
        message: MessageProxy,
        *,
        result: Any = None,  # noqa: ARG002 — the run has it
        exception: BaseException | None = None,
    ) -> None:
        run = runs.current()
        runs.set_current(None)
        if isinstance(message, ClaimedMessage) and run is not None:
            message.closed = run.completed or run.recorded or isinstance(exception, ClaimLostError)
            if not message.closed and (exception is not None or not message.failed):
                message.outcome = _outcome(broker, message, run, exception)
            message.ended = message.outcome or run.outcome

    def after_skip_message(self, broker: Broker, message: MessageProxy) -> None:  # noqa: ARG002
        """Another middleware decided that the message is not to be run."""
        runs.set_current(None)
        if isinstance(message, ClaimedMessage) and message.outcome is None:
            message.outcome = GivenUp(claim=message.claim, ends_as="cancelled", error="skipped", traceback="")


def _is_called_off(message: ClaimedMessage) -> bool:
    try:
        return ledger.is_called_off(message.claim)
    except (DatabaseError, InterfaceError):
        connection.close()
        return False


def _outcome(broker: Broker, message: ClaimedMessage, run: Run, error: BaseException | None) -> Outcome:
    if run.outcome is not None and error is None:
        return run.outcome
    if error is None:
        try:
            return run.success()
        except Exception as unencodable:  # noqa: BLE001 — whatever an encoder raises
            error = unencodable
    if isinstance(error, Shutdown):
        return HandedBack(run.claim)
    return retries.outcome_of(run.claim, error, _policy(broker, message), run.retries)


def _policy(broker: Broker, message: ClaimedMessage) -> RetryPolicy:
    known = broker.actors.get(message.actor_name)
    options = {**(known.options if known else {}), **message.options}
    policy: RetryPolicy | None = options.get("retry_policy")
    return policy or retries.backoff(options)
