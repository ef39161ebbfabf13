"""The site that a document builds, a page there for each of its scripts, and the register of what each shows."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import QUICK_HASHER
from tests.conftest import PATIENCE
from tests.docs_support.documents import BY_NAME
from tests.docs_support.markdown import Block
from tests.docs_support.walk import files, for_browsers
from tests.support.sites import write_files

# What a document leaves to its reader.
FILES = {
    "streaming.md": {
        "routes/items.py": """
            import asyncio
            from itertools import count

            from hyperpy import fragment, render

            numbers = count()

            async def stream():
                yield render(fragments="items")
                yield render(fragments="items")
                await asyncio.Event().wait()

            t'''<!doctype html><title>Items</title><script src="/static/htmx.js"></script>
            <ul id="items" {fragment}><li hx-get="/queue">{next(numbers)}</li></ul>'''
            """
    },
    "datastar.md": {
        "routes/broken.py": """
            from hyperpy import datastar as ds

            async def stream():
                yield ds.signals({"progress": 10})
                raise ValueError("secret")
            """
    },
    "how-to/from-flask.md": {
        "routes/login.py": """
            from hyperpy import redirect, session

            session["user"] = "Ada"
            redirect("/list")
            """
    },
}

HTMX = """<script src="https://unpkg.com/htmx.org@2"></script>
<script src="https://unpkg.com/htmx-ext-sse@2"></script>"""
TOKENS = "0 if token == 'Take' or question != 'Wait' else 3600"
NEWS = """yield t"<p>Nothing new for {session['user']}</p>\""""

# Texts of its files, and what a test has in their place.
CHANGES = {
    "README.md": [
        ("routes/clock.py", HTMX, for_browsers(BY_NAME["README.md"])[0].text),
        ("routes/clock.py", "asyncio.sleep(1)", "asyncio.sleep(0.05)"),
    ],
    "sessions.md": [
        ("accounts.py", "PasswordHasher()", QUICK_HASHER),
        ("routes/account/news.py", "stream_max_age=300", "stream_max_age=0.2"),
        ("routes/account/news.py", NEWS, f"yield {{'data': {NEWS.removeprefix('yield ')}, 'retry': 20}}"),
    ],
    "how-to/ai-streaming.md": [("model.py", "asyncio.sleep(0.05)", f"asyncio.sleep({TOKENS})")],
    "building.md": [("routes/_base.py", "{account}", '<span id="account"></span>')],
}


@dataclass(frozen=True)
class Visit:
    """A page of the document's site, and the block that runs there. `said` is what it has written to the console."""

    page: Page
    site: str
    folder: Path
    block: Block
    said: list[str]
    fixture: Callable[[str], Any]

    def open(self, path: str) -> None:
        self.page.goto(f"{self.site}{path}")

    def show(self, html: str) -> None:
        """Open a page that no route of the document has."""
        page = f"<!doctype html><title>Example</title><link rel='icon' href='data:,'>{html}"
        self.page.route("**/a-page", lambda route: route.fulfill(body=page, content_type="text/html"))
        self.open("/a-page")

    def library(self, name: str, text: str) -> None:
        """Have the file in `static/`, as the document says."""
        self.page.route(f"**/static/{name}", lambda route: route.fulfill(body=text, content_type="text/javascript"))

    def run(self, before: str = "", after: str = "") -> None:
        """Run the block as a module of the page, between statements that define its names and look at them."""
        if "createStream(" in self.block.text and "import" not in self.block.text:
            before = f'import {{ createStream }} from "/_hyper/stream.js";\n{before}'
        self.page.add_script_tag(type="module", content=f"{before}\n{self.block.text}\n{after}")

    def holds(self, condition: str) -> None:
        """Run the block, and wait until a condition on its names holds."""
        self.run(after=f"window.holds = () => {condition};")
        self.wait("window.holds?.()")

    def wait(self, condition: str) -> None:
        self.page.wait_for_function(condition, timeout=PATIENCE)


type Outcome = Callable[[Visit], None]


@dataclass(frozen=True)
class Example:
    """A block, named by its document and a text that no other block there has, and what a reader sees of it."""

    document: str
    text: str
    outcome: Outcome

    def matches(self, block: Block) -> bool:
        return self.text in block.text


EXAMPLES: list[Example] = []


def shows(document: str, text: str) -> Callable[[Outcome], Outcome]:
    """Register a function that runs a block and waits for its outcome."""

    def register(outcome: Outcome) -> Outcome:
        EXAMPLES.append(Example(document, text, outcome))
        return outcome

    return register


def build(name: str, folder: Path) -> Path:
    """Write the site of a document, with all its files, to a folder."""
    found = files(BY_NAME[name])
    for file, old, new in CHANGES.get(name, ()):
        assert old in found[file], f"{name}: {file} no longer has {old!r}"
        found[file] = found[file].replace(old, new)
    write_files(folder, found)
    return write_files(folder, FILES.get(name, {}))
