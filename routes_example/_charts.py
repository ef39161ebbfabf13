"""Small charts, as SVG."""

from collections.abc import Sequence
from string.templatelib import Template

WIDTH, HEIGHT = 240, 56


def Line(values: Sequence[float], label: str, low: float, high: float, filled: bool = False) -> Template:
    """A line through `values`, from `low` at the bottom to `high` at the top."""
    step = WIDTH / (len(values) - 1)
    heights = [HEIGHT - (value - low) / (high - low) * HEIGHT for value in values]
    points = " ".join(f"{index * step:.1f},{y:.1f}" for index, y in enumerate(heights))
    return t"""
        <svg class="line" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label={label}>
          {filled and t'<polygon points="0,{HEIGHT} {points} {WIDTH},{HEIGHT}" />'}
          <polyline {points} />
        </svg>
    """


def Bar(value: float, most: float) -> Template:
    return t"""<span class="bar"><span style="width: {100 * value / most:.1f}%"></span></span>"""


def WindArrow(bearing: int) -> Template:
    """An arrow in the direction of the wind, which is opposite to its bearing."""
    return t"""
        <svg class="arrow" viewBox="-12 -12 24 24" role="img" aria-label="from {bearing} degrees">
          <path d="M0 -9 L6 8 L0 4 L-6 8 Z" transform="rotate({(bearing + 180) % 360})" />
        </svg>
    """
