"""What is tidied up for Django itself."""

from importlib import import_module

from django.conf import settings

from apps.tasks import schedules
from apps.tasks.celery import shared_task


@schedules.cron("17 3 * * *")
@shared_task(name="ops.clear_sessions")
def clear_sessions() -> None:
    """Remove the sessions that are over, as `manage.py clearsessions` does: each login leaves one."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
