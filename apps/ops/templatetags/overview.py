"""`{% overview %}`: the state of things, for those who may look at invocations."""

from typing import Any

from django import template

from apps.ops import charts, state

register = template.Library()


@register.inclusion_tag("ops/overview.html", takes_context=True)
def overview(context: dict[str, Any]) -> dict[str, Any]:
    if not context["request"].user.has_perm("tasks.view_invocation"):
        return {}
    now = state.current()
    return {
        "state": now,
        "charts": [
            ("Uploads", sum(bar.number for bar in now.uploads), charts.bars("Uploads", now.uploads)),
            ("Page views", sum(bar.number for bar in now.views), charts.bars("Page views", now.views)),
            ("Failed and dead", sum(bar.number for bar in now.given_up), charts.bars("Failed and dead", now.given_up)),
        ],
    }


@register.filter
def duration(seconds: float) -> str:
    """`0.21 s`, `12 s`, `3 min`, `2 h`, `4 days`."""
    for unit, length in (("days", 172_800), ("h", 7_200), ("min", 120)):
        if seconds >= length:
            return f"{seconds // {'days': 86_400, 'h': 3_600, 'min': 60}[unit]:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"
