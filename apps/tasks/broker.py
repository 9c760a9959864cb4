"""Dramatiq's broker on the ledger: `send` writes a row, `consume` claims rows."""

from typing import Any

from dramatiq import Broker, Message, Middleware
from dramatiq.errors import QueueNotFound
from dramatiq.message import get_encoder

from apps.tasks import ledger, origins
from apps.tasks.bell import Bell
from apps.tasks.consumer import LedgerConsumer
from apps.tasks.errors import UnsupportedMessageError
from apps.tasks.identity import Identity
from apps.tasks.station import Station

#: Message options of Dramatiq that promise something which would not be done here.
UNSUPPORTED_OPTIONS = {
    "pipe_target": "pipelines are not supported; send the next task from within the first, inside a transaction",
    "group_callback_uuid": "groups are not supported; count the finished members in a row of your own",
    "on_success": "callbacks are not supported; send the next task from within the first",
    "on_failure": "callbacks are not supported; give the task an on_end function",
    "eta": "a worker would hold it in memory until then; use delay",
}


class LedgerBroker(Broker):
    """PostgreSQL holds the invocations, Redis the bell.

    Parameters:
      url: Redis, for the bell.
      middleware: Dramatiq's middleware; `apps.tasks.middleware` has the two that a worker needs.
    """

    def __init__(self, *, url: str, middleware: list[Middleware] | None = None) -> None:
        self.url = url
        self.bell = Bell(url)
        #: Who this process is when it is a worker, and what its threads share; see middleware.lifecycle.
        self.identity: Identity | None = None
        self.station: Station | None = None
        super().__init__(middleware)

    def declare_queue(self, queue_name: str) -> None:
        """Make a queue known, so that workers consume it. Delays are in the row: there are no delay queues."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues[queue_name] = True
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: "Message[Any]", *, delay: int | None = None) -> "Message[Any]":
        """Write the invocation in the caller's transaction and ring the bell after its commit.

        One INSERT; after the commit one Redis round trip for all the sends of the transaction. `delay` is in
        milliseconds. Raises InvocationExistsError for an id that is alive, UnsupportedMessageError.
        """
        actor = self.get_actor(message.actor_name)
        for option, reason in UNSUPPORTED_OPTIONS.items():
            if message.options.get(option) is not None:
                raise UnsupportedMessageError(f"{message.actor_name}: {reason}.")
        self.post(message, payload=encode_payload(message), priority=actor.priority, delay_ms=max(0, delay or 0))
        return message

    def post(self, message: "Message[Any]", *, payload: str, priority: int, delay_ms: int) -> None:
        """What is left of `enqueue` for who has encoded the message already; its task need not be known here."""
        self.declare_queue(message.queue_name)
        self.emit_before("enqueue", message, delay_ms)
        ledger.insert(
            ledger.NewInvocation(
                id=message.message_id,
                queue=message.queue_name,
                actor=message.actor_name,
                payload=payload,
                priority=priority,
                delay_ms=delay_ms,
            )
        )
        self.bell.ring_after_commit(message.queue_name)
        self.emit_after("enqueue", message, delay_ms)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 30000) -> LedgerConsumer:  # noqa: ARG002
        """Dramatiq's worker asks for one consumer a queue. How much is claimed ahead is the slots' decision."""
        if queue_name not in self.queues:
            raise QueueNotFound(queue_name)  # type: ignore[no-untyped-call]
        if self.station is None:
            raise RuntimeError("This process is not a worker: the Lifecycle middleware is missing.")
        return LedgerConsumer(self, self.station, queue_name)

    def close(self) -> None:
        self.bell.close()


def encode_payload(message: "Message[Any]") -> str:
    """Arguments and options in the broker's encoding, which is what a worker gets to see of a call."""
    parts = {"args": message.args, "kwargs": message.kwargs, "options": origins.marked(message.options)}
    return get_encoder().encode(parts).decode("utf-8")
