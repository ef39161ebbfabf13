"""What the front page shows before the list of documents."""

from routes._documents import CodeBlock, page_url
from routes._live import Demo

FIRST = '''# routes/clock.py
import asyncio
from datetime import datetime

from hyperpy import fragment, render

t"""
<!doctype html>
<title>Clock</title>
<time id="now" {fragment}>{datetime.now():%X}</time>
"""


async def stream():
    while True:
        yield render(fragments="now")
        await asyncio.sleep(1)
'''
POINTS = (
    ("A file is a URL", "A bare t-string in it is the page. Path parameters are annotations.", "route-files"),
    ("Live in one file", "An async generator beside the page streams its fragments to every browser.", "streaming"),
    ("Safe by context", "Nothing a visitor sends can change the structure of a page.", "security"),
    ("Streams that resume", "They survive deployments and lost connections, and report every gap.", "channels"),
)


def Hero():
    return t"""
        <section class="hero" aria-label="hyperpy">
          <p class="claim">A folder of Python files becomes a live site.</p>
          <p class="lead">hyperpy renders pages on the server from t-strings, and streams what changes.
            htmx, Datastar or an EventSource puts it in place. There is no build step.</p>
          <p class="actions"><a class="button" href={page_url("getting-started")}>Get started</a>
            <a href={page_url("tutorial")}>Build a live poll in ten steps</a></p>
          <div class="pair"><{CodeBlock} code={FIRST} language="python" /><{Demo} name="clock" file={False} /></div>
          <ul class="points">{
        [t"<li><a href={page_url(name)}>{title}</a> {text}</li>" for title, text, name in POINTS]
    }</ul>
        </section>
    """
