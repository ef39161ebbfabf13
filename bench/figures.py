"""Figures of several rounds, and the tables that show them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Summary:
    """The middle of several figures, and how far half of them stray from it, as a part of it."""

    middle: float
    spread: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} ±{self.spread:.0%}"


def summary(figures: Iterable[float]) -> Summary:
    figures = list(figures)
    middle = median(figures)
    return Summary(middle, median(abs(figure - middle) for figure in figures) / middle)


def ratios(figures: Sequence[float], limit: Sequence[float]) -> Summary:
    """Each round's figure by that round's limit: what slowed a whole round down cancels out."""
    return summary(figure / least for figure, least in zip(figures, limit, strict=True))


def table(title: str, rows: Sequence[Mapping[str, str]], note: str) -> str:
    """Markdown, with columns that line up in a terminal too."""
    head = list(rows[0])
    lines = [head, *[list(row.values()) for row in rows]]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    written = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    return "\n".join([f"## {title}", "", *[f"| {line} |" for line in written], "", note, ""])


def percentile(figures: Iterable[float], part: float) -> float:
    """The least figure that `part` of them do not exceed."""
    ordered = sorted(figures)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
