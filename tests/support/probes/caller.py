"""A process that sends tasks when a test tells it to: orders and answers are lines of JSON.

Run as `python -m tests.support.probes.caller` with the service's environment; see tests.support.service.Caller.
"""

import json
import sys
import time
from typing import Any

import django
import dramatiq
from django.db import DatabaseError, InterfaceError, connection, transaction

from apps.tasks.celery import AsyncResult, registry


def serve() -> None:
    transactions: list[Any] = []
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = obey(order, transactions)
        except (DatabaseError, InterfaceError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
            transactions.clear()
            connection.close()
        print(json.dumps(answer), flush=True)  # noqa: T201 — the protocol


def obey(order: dict[str, Any], transactions: list[Any]) -> dict[str, Any]:
    match order["do"]:
        case "begin":
            transactions.append(transaction.atomic())
            transactions[-1].__enter__()
        case "end":
            transaction.set_rollback(not order["commit"])
            transactions.pop().__exit__(None, None, None)
        case "send":
            return send(order)
        case "apply_async":
            return {"id": registry.tasks[order["task"]].apply_async(order["args"], **order["options"]).id}
        case "revoke":
            AsyncResult(order["id"]).revoke()
        case "look":
            return {"state": AsyncResult(order["id"]).state}
    return {}


def send(order: dict[str, Any]) -> dict[str, Any]:
    """Send once for each list of arguments; answers ids and how long each call took."""
    # The queue is known to the actor; `send_with_options` is what every face of the task layer ends in.
    actor = dramatiq.get_broker().get_actor(order["task"])
    ids, sent_at, seconds = [], [], []
    for arguments in order["calls"]:
        began, began_at = time.perf_counter(), time.time()
        message = actor.send_with_options(args=tuple(arguments), delay=order["delay_ms"])
        seconds.append(time.perf_counter() - began)
        sent_at.append(began_at)
        ids.append(message.message_id)
    return {"ids": ids, "seconds": seconds, "sent_at": sent_at}


if __name__ == "__main__":
    django.setup()
    from apps.tasks.discovery import import_tasks

    import_tasks()
    print("{}", flush=True)  # noqa: T201
    serve()
