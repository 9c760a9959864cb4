"""System check of the kinds of content: one that was forgotten to register would be an error of each page it is on."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error

from apps.pages import content_types
from apps.pages.models import Content


def check_kinds(**_options: Any) -> list[CheckMessage]:
    """Every model made from Content is a kind, or what registered kinds have in common."""
    registered = [kind.model for kind in content_types.kinds()]
    return [
        Error(
            f"{model._meta.label} is made from Content, but is no kind of content.",
            hint="Register it beside the model: docs/how-to/add-a-content-kind.md.",
            obj=model,
            id="pages.E001",
        )
        for model in apps.get_models()
        if issubclass(model, Content) and not any(issubclass(kind, model) for kind in registered)
    ]
