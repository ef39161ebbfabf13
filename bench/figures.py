"""Statistics over several rounds, and Markdown tables of results."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Summary:
    """The median of several figures and their relative spread (median absolute deviation / median)."""

    median: float
    spread: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ±{self.spread:.0%}"


def summary(figures: Iterable[float]) -> Summary:
    figures = list(figures)
    center = median(figures)
    return Summary(center, median(abs(figure - center) for figure in figures) / center)


def ratios(figures: Sequence[float], baseline: Sequence[float]) -> Summary:
    """Divide each figure by the baseline of its round, so that a slowdown of a whole round cancels out."""
    return summary(figure / base for figure, base in zip(figures, baseline, strict=True))


def table(title: str, rows: Sequence[Mapping[str, str]], note: str) -> str:
    """Format a Markdown table whose columns also line up in a terminal."""
    head = list(rows[0])
    lines = [head, *[list(row.values()) for row in rows]]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    cells = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join([f"## {title}", "", *[f"| {line} |" for line in cells], "", note, ""])


def percentile(figures: Iterable[float], fraction: float) -> float:
    """The smallest figure that at least `fraction` of the figures don't exceed."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]
