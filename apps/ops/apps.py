"""App configuration: what is checked at start, and where errors are reported."""

from django.apps import AppConfig
from django.core import checks


class OpsConfig(AppConfig):
    name = "apps.ops"

    def ready(self) -> None:
        from apps.ops import checks as own_checks  # noqa: PLC0415 — models and settings are there from here on
        from apps.ops import reporting  # noqa: PLC0415

        checks.register(own_checks.check_media_folder)
        checks.register(own_checks.check_bucket_keys)
        checks.register(own_checks.check_deployment, deploy=True)
        reporting.start()
