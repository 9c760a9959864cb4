"""What workers have measured, and an index for those who watch what did not succeed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0005_schedules"),
    ]

    operations = [
        migrations.CreateModel(
            name="Measure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("measure", models.CharField(max_length=100)),
                ("labels", models.TextField(help_text="As JSON, in the order of their names.")),
                (
                    "bucket",
                    models.CharField(help_text="Of a histogram: a bucket's upper end, or `sum`.", max_length=16),
                ),
                ("amount", models.FloatField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("measure", "labels", "bucket"), name="measure_once")],
            },
        ),
        migrations.AddIndex(
            model_name="invocation",
            index=models.Index(
                models.F("status"),
                models.F("finished_at"),
                condition=models.Q(("status__in", ["failed", "dead"])),
                name="invocation_given_up",
            ),
        ),
    ]
