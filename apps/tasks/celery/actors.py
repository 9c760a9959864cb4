"""Makes the actor of a task: what Dramatiq's worker calls, and what `broker.actors` knows of it."""

from typing import TYPE_CHECKING, Any

import dramatiq

from apps.tasks.celery import current, envelope, links, sending, tracer

if TYPE_CHECKING:
    from apps.tasks.celery.task import Task


def declare(task: "Task") -> None:
    """To be called once Django is ready: the queue and the defaults are read from its settings."""
    task.bind_to_conf()
    conf = current.app().conf
    queue = task.queue or sending.route_of(task.name, conf.task_routes).get("queue") or conf.task_default_queue

    def run(*_args: Any, **_kwargs: Any) -> Any:
        """The tracer has the arguments from the message."""
        return tracer.run_in_worker(task)

    run.__doc__ = task.__doc__
    task.actor = dramatiq.actor(
        actor_name=task.name,
        queue_name=envelope.queue_of(queue),
        priority=task.priority or 0,
        on_end=links.on_end_of(task),
        # The tracer keeps the task's own limits and retries. What gets past it is a fault of the layer.
        time_limit=float("inf"),
        max_retries=0,
    )(run)
