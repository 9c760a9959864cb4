"""Small charts as SVG, drawn here: nothing is loaded, no script runs, and they follow the page's colours."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, GAP = 480, 72, 2
#: What is not nothing can be seen.
LEAST = 2


@dataclass(frozen=True)
class Bar:
    label: str
    number: int


def bars(title: str, data: Sequence[Bar]) -> SafeString:
    """One bar for each, in proportion to the highest. Read out as a sentence; each bar says its number on hovering."""
    highest = max((bar.number for bar in data), default=0)
    step = WIDTH / max(len(data), 1)
    drawn = format_html_join(
        "",
        '<g><title>{}: {}</title><rect class="slot" x="{}" y="0" width="{}" height="{}"/>'
        '<rect class="bar" x="{}" y="{}" width="{}" height="{}"/></g>',
        (
            (bar.label, bar.number, x, width, HEIGHT, x, HEIGHT - height, width, height)
            for x, width, height, bar in (
                (round(index * step, 1), round(step - GAP, 1), _height(bar.number, highest), bar)
                for index, bar in enumerate(data)
            )
        ),
    )
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        WIDTH,
        HEIGHT,
        f"{title}: {sum(bar.number for bar in data)} in all, {highest} at most in an hour",
        drawn,
    )


def _height(number: int, highest: int) -> float:
    return max(LEAST, round(HEIGHT * number / highest, 1)) if number else 0
