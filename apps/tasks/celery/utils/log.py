"""Loggers for tasks, at Celery's names."""

import logging

#: What `get_task_logger` gives is below this one.
task_logger = logging.getLogger("celery.task")


def get_task_logger(name: str) -> logging.Logger:
    """The logger of a module of tasks: `logging.getLogger(name)`, configured by Django's LOGGING."""
    return logging.getLogger(name)


get_logger = get_task_logger
