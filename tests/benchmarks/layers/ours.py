"""Ours: a durable task, sent outside of any transaction."""

import django

django.setup()

from tests.benchmarks.probes.tasks import hold, stamp, stamp_like_celery  # noqa: E402 — tasks want Django

send = stamp.send
delay = stamp_like_celery.delay
send_held = hold.delay
