"""Django's static files without those of the sidecar that no page of ours shows: a third of all that there is."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class StaticFiles(StaticFilesConfig):
    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "redoc",
        "oauth2-redirect.*",
        "swagger-ui-es-bundle*",
        "swagger-ui.js*",
    ]
