"""The table and the chart of docs/performance.md: `python -m bench --save` writes them, with the figures as JSON."""

from pathlib import Path
from string.templatelib import Template

from bench.results import Result, Run
from hyperpy import TrustedCSS, html

DOCS = Path(__file__).resolve().parent.parent / "docs"
FIGURES, CHART, PAGE = DOCS / "performance.json", DOCS / "performance.svg", DOCS / "performance.md"
START, END = "<!-- The table: python -m bench --save -->\n", "<!-- The end of the table -->\n"

WIDTH, LABELS, RIGHT = 840, 330, 120
SCALE = (WIDTH - LABELS - RIGHT) / 3.0
"""Pixels for a ratio of 1: the chart ends at 3, and longer bars are cut."""
BAR, GAP, GROUP_GAP, TOP = 14, 3, 18, 58
STYLE = TrustedCSS("""
  text { font: 13px system-ui, sans-serif; fill: #1f2933; }
  .title { font-size: 15px; font-weight: 600; }
  .peer, .note { font-size: 11px; fill: #52606d; }
  .bar { fill: #a9b4c0; }
  .own { fill: #0b6e6e; }
  .baseline { stroke: #b3402a; stroke-dasharray: 4 3; opacity: 0.6; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e4e7eb; }
    .peer, .note { fill: #a9b4c0; }
    .bar { fill: #616e7c; }
    .own { fill: #3fb8af; }
    .baseline { stroke: #f08c72; }
  }
""")


def write(run: Run) -> None:
    run.write(FIGURES)
    CHART.write_text(chart(run))
    PAGE.write_text(with_table(PAGE.read_text(), run))


def with_table(page: str, run: Run) -> str:
    """Replace the table of the page."""
    before, _, rest = page.partition(START)
    return before + START + "\n" + table(run) + "\n" + END + rest.partition(END)[2]


def table(run: Run) -> str:
    """A Markdown table of the results, and what they depend on."""
    peers = run.peers()
    lines = [
        ("Work", "Compared", "Baseline: 1", *peers),
        ("---", "---", "---", *("--:" for _ in peers)),
        *(
            (result.work, result.cost, result.baseline, *(_ratio(result, name) for name in peers))
            for result in run.results
        ),
    ]
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    rows = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{rows}\n\nMeasured on {run.date}: {run.machine}; {versions}.\n"


def _ratio(result: Result, name: str) -> str:
    if name not in result.ratios:
        return ""
    ratio = f"{result.ratios[name]:.2f}"
    return f"**{ratio}**" if name == "hyperpy" else ratio


def chart(run: Run) -> str:
    """A bar chart as SVG, for light and dark pages."""
    groups, top = [], TOP
    for result in run.results:
        groups.append(_group(result, top))
        top += max(len(result.ratios), 2) * (BAR + GAP) + GROUP_GAP  # a label has two lines
    limit = LABELS + SCALE
    return html(t"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img" aria-labelledby="title desc">
<title id="title">Cost of hyperpy and its peers, relative to hand-written code</title>
<desc id="desc">A group of bars for each kind of work. The table below it has the same figures.</desc>
<style>{STYLE}</style>
<text class="title" x="0" y="18">Cost relative to code written by hand, less is better</text>
<text class="note" x={limit} y="40" text-anchor="middle">by hand: 1</text>
<line class="baseline" x1={limit} x2={limit} y1="46" y2={top - GROUP_GAP}></line>
{groups}
</svg>
""")


def _group(result: Result, top: int) -> Template:
    peers = sorted(result.ratios, key=lambda name: name != "hyperpy")
    middle = top + max(len(peers), 2) * (BAR + GAP) / 2
    first = middle - len(peers) * (BAR + GAP) / 2
    bars = [_bar(name, result.ratios[name], first + at * (BAR + GAP)) for at, name in enumerate(peers)]
    return t"""
<text x="0" y={middle - 2}>{result.work}</text>
<text class="note" x="0" y={middle + 12}>{result.cost}; 1 is {result.baseline}</text>
{bars}"""


def _bar(name: str, ratio: float, top: float) -> Template:
    width = round(min(ratio, 3) * SCALE, 1)
    return t"""
<rect class={["bar", {"own": name == "hyperpy"}]} x={LABELS} y={top} width={width} height={BAR}></rect>
<text class="peer" x={LABELS + width + 5} y={top + 11}>{name} {f"{ratio:.2f}"}</text>"""
