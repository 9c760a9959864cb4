"""Scheduled work: each run is written down under the report's name."""

from typing import Any

from celery import shared_task
from shop import diary


@shared_task(bind=True)
def write_report(self: Any, name: str, *, rows: int = 10) -> str:
    diary.write(name, "report", rows=rows, retries=self.request.retries)
    return name


@shared_task(name="reports.clean_up")
def clean_up() -> None:
    diary.write("clean-up", "cleaned")


@shared_task
def send_digest(*, weekly: bool = False) -> None:
    diary.write("weekly" if weekly else "daily", "digest")
