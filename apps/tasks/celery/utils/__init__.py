"""Names of Celery's `utils` that tasks use."""

from uuid import uuid4

__all__ = ["gen_unique_id", "uuid"]


def uuid() -> str:
    """A new id for a task."""
    return str(uuid4())


gen_unique_id = uuid
