"""Times from saving a file to the changed page in Chromium: `hyper dev`, and development servers beside it.

`uvicorn --reload` leaves the browser alone: there, the time ends with the first response that shows the change. npm
installs Vite and Astro into a temporary folder; without npm they are left out.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import starts
from bench.figures import percentile

QUICK, FULL = 10, 50  # saves of each kind
FIRST = 100  # the value before the first save
PAUSE = 0.2  # seconds between two saves
PATIENCE = 60  # seconds until a page or a change counts as lost
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
KINDS = ("page", "css", "module")
WIDTHS = (22, 12, 12, 12)  # of the columns
NOTE = (
    "Milliseconds from the write of a file to the changed page, median (95th percentile) of {saves} saves: the page's\n"
    "own file, its style sheet, and a module outside the folder of pages that it imports. Load before: {load}."
)

# In each page: when each state of it was first shown, by the clock of the machine.
WITNESS = """
const look = () => {
  const page = document.querySelector("#page"), module = document.querySelector("#module");
  const states = [page && "page" + page.textContent, page && "css" + getComputedStyle(page).width,
    module && "module" + module.textContent];
  for (const state of states.filter(Boolean))
    sessionStorage[state] ??= performance.timeOrigin + performance.now();
};
new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
document.addEventListener("load", look, true);
setInterval(look, 4);
"""
BODY = '<h1 id="page">{page}</h1><p id="module">{module}</p>'
HTML = f'<!doctype html><html lang="en"><head><title>x</title>{{head}}</head><body>{BODY}</body></html>'
SHEET = '<link rel="stylesheet" href="{href}">'


@dataclass(frozen=True)
class Peer:
    """A development server and the site that it serves; `{value}` in `page`, `css` and `module` changes."""

    name: str
    command: tuple[str, ...]
    page: tuple[str, str]
    css: tuple[str, str]
    module: tuple[str, str]
    files: Mapping[str, str] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    follows: bool = True
    """Whether open pages change by themselves."""

    def text(self, kind: str, value: int) -> tuple[str, str]:
        """The file to write for a change, and its text.

        Each has another size: to Python, a module of the same size and second is the one that it has as bytecode.
        """
        file, text = getattr(self, kind)
        return file, text.replace("{value}", str(value)) + "\n" * (value - FIRST)


def hyper(routes: int) -> Peer:
    sheet = SHEET.format(href='{asset("app.css")}')
    page = HTML.format(head=sheet, page="{value}", module="{{models.VALUE}}").replace("{{", "{").replace("}}", "}")
    other = "import models\nname = 'x'\nt'<!doctype html><title>x</title><p>{name}: {models.VALUE}'\n"
    return Peer(
        f"hyper dev, {routes} route{'s' * (routes > 1)}",
        (sys.executable, "-m", "hyperpy", "dev", "--port", "{port}"),
        ("routes/index.py", f"import models\nfrom hyper import asset\nt'''{page}'''\n"),
        ("static/app.css", "#page {width: {value}px}"),
        ("models.py", "VALUE = {value}\n"),
        {f"routes/s{at // 50}/p{at}.py": other for at in range(routes - 1)},
    )


STARLETTE = """
import models
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
import pages
def index(request):
    return HTMLResponse(pages.PAGE.replace("MODULE", str(models.VALUE)))
app = Starlette(routes=[Route("/", index), Mount("/static", StaticFiles(directory="static"))])
"""
PEERS = (
    hyper(1),
    hyper(200),
    hyper(1000),
    Peer(
        "Vite",
        ("node_modules/.bin/vite", "--host", "127.0.0.1", "--port", "{port}", "--strictPort"),
        ("index.html", HTML.format(head='<script type="module" src="/main.js"></script>', page="{value}", module="")),
        ("app.css", "#page {width: {value}px}"),
        ("models.js", "export const VALUE = {value};\n"),
        {
            "main.js": "import './app.css';\nimport { VALUE } from './models.js';\n"
            "const show = (value) => document.querySelector('#module').textContent = value;\nshow(VALUE);\n"
            "import.meta.hot.accept('./models.js', (changed) => show(changed.VALUE));\n"
        },
        ("vite",),
    ),
    Peer(
        "Astro",
        ("node_modules/.bin/astro", "dev", "--host", "127.0.0.1", "--port", "{port}"),
        (
            "src/pages/index.astro",
            "---\nimport '../app.css';\nimport { VALUE } from '../models.js';\n---\n"
            + HTML.format(head="", page="{value}", module="{VALUE}"),
        ),
        ("src/app.css", "#page {width: {value}px}"),
        ("src/models.js", "export const VALUE = {value};\n"),
        packages=("astro@5",),  # later ones refuse to start with Node 20, which Debian has
    ),
    Peer(
        "uvicorn --reload",
        (sys.executable, "-m", "uvicorn", "app:app", "--reload", "--port", "{port}", "--log-level", "warning"),
        (
            "pages.py",
            f"PAGE = '''{HTML.format(head=SHEET.format(href='/static/app.css'), page='{value}', module='MODULE')}'''",
        ),
        ("static/app.css", "#page {width: {value}px}"),
        ("models.py", "VALUE = {value}\n"),
        {"app.py": STARLETTE},
        follows=False,
    ),
)


def main(*, quick: bool) -> bool:
    """Print the table. Returns False if a development server that can run here could not be measured."""
    chromium = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if chromium is None:
        print("The reload times need Chromium.\n")
        return True
    from playwright.sync_api import sync_playwright

    saves = QUICK if quick else FULL
    note = NOTE.format(saves=saves, load=f"{os.getloadavg()[0]:.1f}")
    print(f"## From saving a file to the changed page\n\n{note}\n")
    print_row("", *KINDS)
    print_row(*["-" * width for width in WIDTHS])
    complete = True
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for peer in PEERS:
            if peer.packages and not shutil.which("npm"):
                print(f"{peer.name}: npm is missing", file=sys.stderr)
                continue
            try:
                print_row(peer.name, *measured(peer, browser, saves))
            except Exception as error:  # noqa: BLE001 (the others are still measured)
                notes = "\n".join(getattr(error, "__notes__", ()))
                print(f"{peer.name}: {error}\n{notes}", file=sys.stderr)
                complete = False
        browser.close()
    print()
    starts.main()
    return complete


def print_row(*cells: str) -> None:
    """Print a row of a Markdown table at once, since measuring takes minutes."""
    print("|", " | ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)), "|", flush=True)


def measured(peer: Peer, browser: Any, saves: int) -> Iterator[str]:
    """The median and the 95th percentile for each kind of save."""
    with running(peer) as (folder, url):
        page = browser.new_context().new_page()
        page.add_init_script(WITNESS)
        page.goto(url)
        page.wait_for_selector("#page")
        time.sleep(1)
        for kind in KINDS:
            if kind == "css" and not peer.follows:
                yield "by hand"
                continue
            times = [saved(peer, kind, value, folder, page, url) for value in range(FIRST + 1, FIRST + 1 + saves)]
            yield f"{percentile(times, 0.5):.0f} ({percentile(times, 0.95):.0f})"
        page.context.close()


def saved(peer: Peer, kind: str, value: int, folder: Path, page: Any, url: str) -> float:
    """Milliseconds from one save to its change."""
    time.sleep(PAUSE)
    file, text = peer.text(kind, value)
    with (folder / file).open("r+b", buffering=0) as out:
        start = time.time()
        out.write(text.encode())  # at once, and longer than before: a server that reads too soon finds no empty file
    if not peer.follows:
        wanted = f">{value}<"
        wait_for(lambda: wanted in urllib.request.urlopen(url, timeout=PATIENCE).read().decode())
        return (time.time() - start) * 1000
    state = f"{kind}{value}px" if kind == "css" else f"{kind}{value}"
    shown = page.wait_for_function("(state) => sessionStorage[state]", arg=state, timeout=PATIENCE * 1000)
    return float(shown.json_value()) - start * 1000


@contextmanager
def running(peer: Peer) -> Iterator[tuple[Path, str]]:
    """The site in a temporary folder, served."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        for file, text in (*peer.files.items(), *(peer.text(kind, FIRST) for kind in KINDS)):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
        if peer.packages:
            (folder / "package.json").write_text('{"type": "module", "private": true}')
            install = ["npm", "install", "--no-audit", "--no-fund", "--silent", *peer.packages]
            subprocess.run(install, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        command = [part.replace("{port}", str(port)) for part in peer.command]
        variables = starts.variables() | {"PYTHONPATH": os.getcwd(), "ASTRO_TELEMETRY_DISABLED": "1"}
        with (folder / "log.txt").open("w") as log:
            process = subprocess.Popen(
                command, cwd=folder, env=variables, stdout=log, stderr=log, start_new_session=True
            )
            try:
                url = f"http://127.0.0.1:{port}/"
                wait_for(lambda: process.poll() is not None or answers(url))
                if process.poll() is not None:
                    raise RuntimeError(f"exited with {process.returncode}")
                yield folder, url
            except Exception as error:
                error.add_note((folder / "log.txt").read_text()[-1000:])
                raise
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                process.wait()


def answers(url: str) -> bool:
    """Whether a page is served, and not an error."""
    return bool(urllib.request.urlopen(url, timeout=PATIENCE).status == 200)


def wait_for(probe: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if probe():
                return
        except OSError:
            pass
        time.sleep(0.005)
    raise TimeoutError("no answer in time")
