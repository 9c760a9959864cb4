"""The task layer: durable invocations in PostgreSQL, woken through Redis, run by Dramatiq's worker threads.

PostgreSQL is the truth, Redis is the speed: every invocation is a row written in the caller's transaction, and
Redis carries nothing but the wake-up. This package knows no domain app.
"""
