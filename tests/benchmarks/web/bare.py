"""A WSGI function: reads the body, answers with BENCH_ANSWER_BYTES bytes. Nothing in Python is faster."""

import os
from collections.abc import Callable, Iterable
from typing import Any

ANSWER = bytes(int(os.environ.get("BENCH_ANSWER_BYTES", "400")))
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    environ["wsgi.input"].read()
    start_response("201 Created" if environ["REQUEST_METHOD"] == "POST" else "200 OK", HEADERS)
    return [ANSWER]
