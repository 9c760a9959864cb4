"""The row that the plain upload inserts."""

from django.db import models


class StoredFile(models.Model):
    """Nothing but the file."""

    file = models.FileField(upload_to="plain")

    class Meta:
        app_label = "web"

    def __str__(self) -> str:
        return f"{self.pk}"
