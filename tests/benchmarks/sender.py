"""The sending process: takes orders as JSON, a line each, on standard input and answers in the same way.

Run as `python -m tests.benchmarks.sender MODULE FUNCTION`, in the environment of the layer that the module belongs to.
"""

import json
import random
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from tests.benchmarks.board import Board, shared

#: A pause in which every worker comes to rest, of uneven length, so that nobody's polling is met at one phase only.
PAUSE_SECONDS = (0.06, 0.14)
DEADLINE_SECONDS = 60.0
LOOK_SECONDS = 0.001

Send = Callable[[int], object]


def burst(send: Send, board: Board, *, first: int, count: int) -> float:
    """Send one after the other from this thread; the seconds it took."""
    clock, sent = time.time, board.sent
    began = time.perf_counter()
    for row in range(first, first + count):
        sent[row] = clock()
        send(row)
    return time.perf_counter() - began


def pace(send: Send, board: Board, *, first: int, count: int) -> float:
    """Send each when the one before has begun and everything has come to rest."""
    began = time.perf_counter()
    for row in range(first, first + count):
        time.sleep(random.uniform(*PAUSE_SECONDS))
        board.sent[row] = time.time()
        send(row)
        _wait_for(board, row)
    return time.perf_counter() - began


def _wait_for(board: Board, row: int) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not board.began[row]:
        if time.monotonic() > deadline:
            raise TimeoutError(f"call {row} has not begun within {DEADLINE_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)


ORDERS: dict[str, Callable[..., float]] = {"burst": burst, "pace": pace}


def main(module: str, function: str) -> None:
    send: Send = getattr(import_module(module), function)
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        seconds = ORDERS[order.pop("order")](send, shared(), **order)
        print(json.dumps(seconds), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
