"""The beat schedule: ten entries of all forms that projects use. Those that are due within seconds really run."""

from datetime import timedelta

from celery.schedules import crontab, schedule

WRITE = "shop.reports.tasks.write_report"
DIGEST = "shop.reports.tasks.send_digest"

BEAT_SCHEDULE = {
    "every-second": {"task": WRITE, "schedule": 1.0, "args": ("every-second",)},
    "every-two-seconds": {
        "task": WRITE,
        "schedule": timedelta(seconds=2),
        "args": ["every-two-seconds"],
        "kwargs": {"rows": 2},
    },
    "clean-up": {"task": "reports.clean_up", "schedule": schedule(run_every=timedelta(seconds=1.5))},
    "hourly": {"task": WRITE, "schedule": 3600, "args": ("hourly",), "options": {"expires": 1800}},
    "nightly": {"task": DIGEST, "schedule": crontab(hour=2, minute=30)},
    "weekly": {"task": DIGEST, "schedule": crontab(hour=7, minute=0, day_of_week="mon"), "kwargs": {"weekly": True}},
    "quarter-hours": {"task": "reports.clean_up", "schedule": crontab(minute="*/15")},
    "working-hours": {"task": DIGEST, "schedule": crontab(minute="0,30", hour="9-17", day_of_week="mon-fri")},
    "first-of-month": {
        "task": WRITE,
        "schedule": crontab(minute=5, hour=0, day_of_month="1", month_of_year="*/3"),
        "args": ("first-of-month",),
        "kwargs": {"rows": 1000},
        "options": {"queue": "celery"},
    },
    "leap-day": {"task": WRITE, "schedule": crontab(0, 12, day_of_month=29, month_of_year=2), "args": ("leap-day",)},
}
