"""The drawer at the foot of every page: the files that make it, and what comes over the wire meanwhile."""

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from string.templatelib import Template
from typing import Final

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from hyperpy import Markup, request

ROUTES: Final = Path(__file__).parent
FORMAT: Final = HtmlFormatter(nowrap=True)
PLAIN: Final = re.compile(r'<span class="[npow]">([^<]*)</span>')


def Made(file: str, beside: Iterable[str] = ()) -> Template:
    """`beside` names more files, relative to the folder of the page's own."""
    is_open = request.cookies.get("made") == "open"
    files = [Path(file), *(Path(file).parent / name for name in beside)]
    return t"""
        <details id="made" class="made" open={is_open}>
          <summary>
            <span>How this page is made</span> <code>{name_of(files[0])}</code> <span class="count"></span>
          </summary>
          <div class="made-panes">
            <section aria-label="Files">{[t"<{Source} file={each} />" for each in files]}</section>
            <section aria-label="On the wire">
              <h2>On the wire</h2>
              <p class="quiet-wire">Nothing yet. What the page gets after it was loaded is shown here.</p>
              <noscript><p>This part of the drawer takes JavaScript.</p></noscript>
              <ol class="wire" tabindex="0" aria-label="Events, the newest first"></ol>
            </section>
          </div>
        </details>
    """


def Source(file: Path) -> Template:
    return t"""
        <figure class="source">
          <figcaption>{name_of(file)}</figcaption>
          <pre tabindex="0"><code>{highlighted(file, file.stat().st_mtime_ns)}</code></pre>
        </figure>
    """


def name_of(file: Path) -> str:
    return f"{ROUTES.name}/{file.relative_to(ROUTES)}"


@lru_cache(maxsize=64)
def highlighted(file: Path, version: int) -> Markup:
    """The text of a file as HTML, whose classes are those of Pygments, except for what looks like plain text."""
    return Markup(PLAIN.sub(r"\1", highlight(file.read_text(), PythonLexer(), FORMAT)))
