"""What happened to each call, in order: every hook and signal writes a line under the call's id."""

import json
import os
import time
from typing import Any

import redis

DEADLINE_SECONDS = 20.0
client: "redis.Redis[Any]" = redis.Redis.from_url(os.environ["DIARY_URL"], decode_responses=True)


def write(task_id: str | None, event: str, **facts: Any) -> None:
    """`facts` are whatever both sides have to agree on."""
    line = json.dumps({"event": event, **facts}, default=described)
    with client.pipeline() as pipeline:
        pipeline.rpush(f"diary:{task_id}", line)
        pipeline.rpush(f"times:{task_id}", time.time())
        pipeline.execute()


def described(value: Any) -> Any:
    """What JSON has no form for."""
    if isinstance(value, BaseException):
        return [type(value).__name__, str(value)]
    return repr(value)


def read(task_id: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.lrange(f"diary:{task_id}", 0, -1)]


def times(task_id: str, event: str) -> list[float]:
    """When the lines of one kind were written."""
    moments = [float(moment) for moment in client.lrange(f"times:{task_id}", 0, -1)]
    return [moment for moment, line in zip(moments, read(task_id), strict=True) if line["event"] == event]


def wait_for(task_id: str, event: str, *, last: bool = False) -> None:
    """Until such a line is there; if `last`, until it is the last one."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while all(line["event"] != event for line in read(task_id)[-1 if last else 0 :]):
        if time.monotonic() > deadline:
            raise TimeoutError(f"no {event!r} of {task_id}: {read(task_id)}")
        time.sleep(0.02)
