"""The plot: a bar for each ratio, to the right as far as we are better, to the left as far as we are worse."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.benchmarks.figures import Figure, significant

WIDTH, LABEL, ROW, MARGIN, FOOT = 1040, 540, 30, 16, 52
#: What the logarithmic axis shows. A bar that is longer ends at its edge, with its number beside it.
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
GOOD, SHORT, INK, FAINT = "#2b6cb0", "#c05621", "#1a202c", "#cbd5e0"


@dataclass(frozen=True)
class Bar:
    """How many times better than the rival: the median, the rounds' lowest and highest, and what is aimed at."""

    label: str
    times: float
    low: float
    high: float
    aim: float | None
    reached: bool


def bar_of(figure: Figure) -> Bar | None:
    """None where there is no ratio, or none that a logarithm can show."""
    if not figure.ratio or min(figure.ratios) <= 0:
        return None
    sense = 1 if figure.better == "higher" else -1
    around = sorted(ratio**sense for ratio in figure.ratios)
    return Bar(
        label=f"{figure.what} (against {figure.against})",
        times=figure.ratio**sense,
        low=around[0],
        high=around[-1],
        aim=figure.reach**sense if figure.reach else None,
        reached=figure.reached is not False,
    )


def x_of(times: float) -> float:
    """Where a value lies on the axis."""
    low, high = math.log(TICKS[0]), math.log(TICKS[-1])
    share = (math.log(times) - low) / (high - low)
    return round(LABEL + MARGIN + min(max(share, 0), 1) * (WIDTH - LABEL - 5 * MARGIN), 1)


def draw(figures: Iterable[Figure]) -> str:
    """An SVG document."""
    bars = [bar for bar in map(bar_of, figures) if bar]
    height = 2 * MARGIN + ROW * len(bars) + FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
        '<g font-family="system-ui, sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        *(part for tick in TICKS for part in _tick(tick, height - FOOT)),
        *(part for number, bar in enumerate(bars) for part in _bar(bar, MARGIN + ROW * number)),
        _text(LABEL + MARGIN, height - MARGIN / 2, "times better, logarithmic; ┃ to reach; ── lowest to highest round"),
        "</g></svg>",
    ]
    return "\n".join(parts) + "\n"


def _tick(value: float, bottom: float) -> tuple[str, str]:
    return (
        _line(x_of(value), MARGIN, x_of(value), bottom, color=INK if value == 1 else FAINT),
        _text(x_of(value), bottom + 16, f"{value:g}", anchor="middle"),
    )


def _bar(bar: Bar, top: float) -> list[str]:
    middle, color = top + ROW / 2, GOOD if bar.reached else SHORT
    left, right = sorted((x_of(1), x_of(bar.times)))
    parts = [
        _text(LABEL, middle + 4, bar.label, anchor="end"),
        f'<rect x="{left}" y="{top + 6}" width="{right - left:.1f}" height="{ROW - 12}" fill="{color}"/>',
        _line(x_of(bar.low), middle, x_of(bar.high), middle, color=INK),
        _text(max(right, x_of(bar.high), x_of(bar.aim or 1)) + 6, middle + 4, f"{significant(bar.times)} ×"),
    ]
    if bar.aim:
        parts.append(_line(x_of(bar.aim), top + 2, x_of(bar.aim), top + ROW - 2, color=INK, width=3))
    return parts


def _line(x1: float, y1: float, x2: float, y2: float, *, color: str, width: int = 1) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{color}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" fill="{INK}" text-anchor="{anchor}">{escape(text)}</text>'
