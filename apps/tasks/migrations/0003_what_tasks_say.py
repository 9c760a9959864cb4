"""What a task says of itself while it runs, and what it has sent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tasks", "0002_one_index_for_ids")]

    operations = [
        migrations.AddField(
            model_name="invocation",
            name="state",
            field=models.CharField(help_text="What the task says of itself.", max_length=255, null=True),
        ),
        migrations.AddField(
            model_name="invocation",
            name="meta",
            field=models.TextField(help_text="What goes with the state, as JSON.", null=True),
        ),
        migrations.AddField(
            model_name="invocation",
            name="children",
            field=models.TextField(help_text="The ids of what it has sent, as JSON.", null=True),
        ),
        migrations.AlterField(
            model_name="invocation",
            name="result",
            field=models.TextField(help_text="What it returned or raised, as JSON.", null=True),
        ),
    ]
