"""Ours: a durable task, sent outside of any transaction."""

import django

django.setup()

from tests.benchmarks.probes.tasks import hold, stamp  # noqa: E402 — tasks want Django

send = stamp.delay
send_held = hold.delay
