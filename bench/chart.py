"""The table and the chart of docs/performance.md: `python -m bench --save` writes them, with the figures as JSON."""

from pathlib import Path
from string.templatelib import Template

from bench.results import Result, Run
from hyperpy import TrustedCSS, html

DOCS = Path(__file__).resolve().parent.parent / "docs"
FIGURES, CHART, PAGE = DOCS / "performance.json", DOCS / "performance.svg", DOCS / "performance.md"
START, END = "<!-- The table: python -m bench --save -->\n", "<!-- The end of the table -->\n"

WIDTH, RIGHT = 440, 146
"""As narrow as a phone, so that text isn't scaled down there. `RIGHT` has room for the longest name."""
SCALE = (WIDTH - RIGHT) / 3.0
"""Pixels for a ratio of 1: the chart ends at 3, and longer bars are cut."""
BAR, GAP, LABEL, GROUP_GAP, TOP = 15, 3, 20, 14, 66
STYLE = TrustedCSS("""
  text { font: 13.5px system-ui, sans-serif; fill: #1f2933; }
  .title { font-size: 16px; font-weight: 600; }
  .work { font-weight: 600; }
  .peer, .note { font-size: 12.5px; font-weight: 400; fill: #52606d; }
  .bar { fill: #a9b4c0; }
  .own { fill: #0b6e6e; }
  .baseline { stroke: #b3402a; stroke-dasharray: 4 3; opacity: 0.6; }
  @media (max-width: 400px) {
    text { font-size: 14.5px; }
    .title { font-size: 17px; }
    .work { font-size: 14px; }
    .peer, .note { font-size: 14px; }
  }
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
        top += LABEL + len(result.ratios) * (BAR + GAP) + GROUP_GAP
    return html(t"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width={WIDTH} role="img"
  aria-labelledby="title desc">
<title id="title">Cost of hyperpy and its peers, relative to hand-written code</title>
<desc id="desc">A group of bars for each kind of work. The table below it has the same figures.</desc>
<style>{STYLE}</style>
<text class="title" x="0" y="18">Cost relative to code written by hand</text>
<text class="note" x="0" y="40">Less is better. The dashed line is that code: 1.</text>
<line class="baseline" x1={SCALE} x2={SCALE} y1={TOP - 14} y2={top - GROUP_GAP}></line>
{groups}
</svg>
""")


def _group(result: Result, top: int) -> Template:
    peers = sorted(result.ratios, key=lambda name: name != "hyperpy")
    first = top + LABEL
    bars = [_bar(name, result.ratios[name], first + at * (BAR + GAP)) for at, name in enumerate(peers)]
    return t"""
<text class="work" x="0" y={top + BAR - 1}>{result.work}<tspan class="note">: {result.cost}</tspan></text>
{bars}"""


def _bar(name: str, ratio: float, top: float) -> Template:
    width = round(min(ratio, 3) * SCALE, 1)
    return t"""
<rect class={["bar", {"own": name == "hyperpy"}]} x="0" y={top} width={width} height={BAR}></rect>
<text class="peer" x={width + 5} y={top + 12}>{name} {f"{ratio:.2f}"}</text>"""
