"""One Django project that was written for Celery, run on Celery and on the shim, and compared.

`shop` is that project. Each side gets a copy of it; in the shim's, `from celery` is `from apps.tasks.celery`, and
nothing else is changed. `make compare` runs this; it needs Celery in an environment of its own, as the benchmarks do.
"""
