"""The schedules that code declares, with their next and last run."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0004_tallies"),
    ]

    operations = [
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("name", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("task", models.CharField(max_length=255)),
                ("timing", models.TextField(help_text="An interval, or the five fields of a crontab.")),
                ("zone", models.CharField(help_text="The time zone that a crontab's times are in.", max_length=64)),
                ("arguments", models.TextField(help_text="What the task is sent with, as JSON.")),
                ("digest", models.CharField(help_text="Of all this, to tell releases apart.", max_length=64)),
                ("enabled", models.BooleanField(default=True)),
                ("declared_at", models.DateTimeField(help_text="When a worker that declares it was last seen.")),
                ("next_run_at", models.DateTimeField(help_text="Empty: a worker has yet to say.", null=True)),
                ("reckoned_at", models.DateTimeField(help_text="When the next run was set.", null=True)),
                ("last_run_at", models.DateTimeField(null=True)),
                ("last_invocation", models.CharField(default="", max_length=255)),
                ("asked_at", models.DateTimeField(help_text="Somebody wants it to be run now.", null=True)),
                ("error", models.TextField(default="", help_text="Why the last run could not be sent.")),
            ],
        ),
    ]
