"""What an import of hyperpy loads, and that requests import nothing more. Counts, because times vary."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import hyperpy
from tests.support.sites import write_files

# With bytecode, a module takes about half a millisecond.
MOST_MODULES = {"import hyperpy": 3, "from hyperpy import Hyper": 168, "import hyperpy.cli": 13}

# The modules that only some sites or commands use.
RARE = (
    *("pydantic", "pydantic_core", "annotated_types", "itsdangerous"),
    *("importlib.metadata", "difflib", "tomllib", "multiprocessing"),
    *("hyperpy.check", "hyperpy.dev", "hyperpy.inspector", "hyperpy.server", "hyperpy.testing"),
    *("hyperpy.templates.rendering.codegen", "hyperpy.templates.syntax.parser"),
    *("hyperpy.pages.analysis.analyse", "hyperpy.pages.loading.compilation", "hyperpy.pages.loading.inputs"),
)

STATEMENTS = {
    "import hyperpy": ("hyperpy.app", "starlette", "asyncio", *RARE),
    "from hyperpy import Hyper": RARE,
    "import hyperpy.cli": ("hyperpy.app", "starlette", *RARE),
}


def imported_by(code: str, folder: Path) -> list[str]:
    """The modules that a new interpreter has imported for the code, besides those of Python's own start."""
    program = f"import sys; before = set(sys.modules)\n{code}\nprint(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()


def test_imports_leave_out_what_few_sites_use(tmp_path):
    wrong = {}
    for code, unwanted in STATEMENTS.items():
        modules = imported_by(code, tmp_path)
        own = [name for name in modules if name.partition(".")[0] == "hyperpy"]
        found = [name for name in unwanted if name in modules]
        if found or len(own) > MOST_MODULES[code]:
            wrong[code] = found, len(own)
    assert not wrong


def test_threads_may_use_the_first_names_at_the_same_time(tmp_path):
    code = """if True:
        import hyperpy, threading
        names = ["Path", "POST", "request", "html", "redirect", "session", "listen", "Response"]
        barrier, found = threading.Barrier(len(names)), []
        def use(name):
            barrier.wait()
            found.append(getattr(hyperpy, name))
        threads = [threading.Thread(target=use, args=(name,)) for name in names]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert len(found) == len(names)
    """
    for _ in range(4):
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.stderr == ""


LAZY = (hyperpy, hyperpy.channels, hyperpy.forms, hyperpy.web.static_files)


@pytest.mark.parametrize("package", LAZY, ids=lambda package: package.__name__)
def test_lazy_names_are_those_that_type_checkers_see(package: ModuleType) -> None:
    """Each name is the object of the import under `TYPE_CHECKING`, also when all modules have been imported."""
    tree = ast.parse(Path(str(package.__file__)).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.asname or alias.name: (str(node.module), alias.name) for node in imports for alias in node.names}
    assert sorted(seen) == sorted(package.__all__)
    for module, _ in seen.values():
        importlib.import_module(module)
    for name, (module, original) in seen.items():
        assert getattr(package, name) is getattr(importlib.import_module(module), original), name
    assert {*package.__all__} <= {*dir(package)}


def test_other_names_are_unknown():
    assert not hasattr(hyperpy, "streams.pump")
    with pytest.raises(AttributeError, match="has no attribute 'rendr'"):
        _ = hyperpy.rendr


# What only compiling needs. A server that starts with cached files must not wait for it.
COMPILER = (
    *("hyperpy.pages.analysis.parsed_file", "hyperpy.pages.loading.compilation"),
    "hyperpy.templates.at_load.inline_functions",
)

# Sites that use one feature each, so that no other feature imports what it needs; all pages are at `/`.
FORM = """
from hyperpy import POST, Form, FormField, flash, redirect, session
from pydantic import BaseModel
from routes._base import Layout

class Contact(BaseModel):
    name: str
    age: int | None = None

form: Form[Contact]
if POST and form.ok:
    flash("saved")
    session["name"] = form.data.name
    redirect("/")

t'<{Layout}><form method="post"><{FormField} {form} name="name" />{form.errors}</form></{Layout}>'
"""
LAYOUT = """
from hyperpy import flashes

def Layout(children):
    return t"<html><body>{[message for message in flashes()]}{children}</body></html>"
"""
CARD = "def Card(title):\n    return t'<h2 class={[title]}>{title}</h2>'"
SITES = {
    "a page": {"routes/index.py": "title = 'x'\nt'<h1 class={title}>{title}</h1>'"},
    "a list of classes": {"routes/index.py": 'on = True\nt\'<h1 class={["a", on and "b"]}>x</h1>\''},
    "a mapping of attributes": {"routes/index.py": "more = {'data': {'a': 1}}\nt'<h1 {more:**}>x</h1>'"},
    "a form, a session and a static file": {
        "routes/_base.py": LAYOUT,
        "routes/index.py": FORM,
        "static/site.css": "body { margin: 0 }",
    },
    "a stream": {"routes/index.py": "async def stream():\n    yield 'news', {'a': 1}"},
    "data": {"routes/index.py": "async def load():\n    return {'a': 1}"},
    "a query parameter": {"routes/index.py": "from hyperpy import Query\npage: int = Query(1)\nt'{page}'"},
    "a value in a script": {"routes/index.py": "data = {'a': 1}\nt'<script>let data = {data}</script>'"},
    "a value in SVG": {"routes/index.py": "title = t'<g>x</g>'\nt'<svg>{title}</svg>'"},
    "a component of a module": {
        "cards.py": CARD,
        "routes/index.py": "from cards import Card\nt'<{Card} title=x />'",
    },
    "a field of a form": {
        "routes/index.py": "from hyperpy import POST, Form\nif POST:\n    name: str = Form('')\nt'x'",
    },
    "a body": {"routes/index.py": "from hyperpy import POST, Body\nif POST:\n    raw: bytes = Body()\nt'x'"},
    "a form that is parsed": {
        "routes/index.py": "from hyperpy import POST, request\nasync def load():\n    await request.form()\nt'{POST}'",
    },
    "a suspended part": {
        "routes/index.py": "from hyperpy import Suspense\nasync def slow():\n    return 'x'\n"
        "t'<{Suspense} fallback=y>{slow()}</{Suspense}>'",
    },
    "a static file": {
        "routes/index.py": "from hyperpy import asset\nt'<link href={asset(\"site.css\")}>'",
        "static/site.css": "",
    },
    "a subscription and a queue": {
        "routes/index.py": "from hyperpy import channel, queue\nasync def load():\n"
        "    async with channel('x').subscribe():\n        await channel('x').publish({'a': 1})\n"
        "    await queue('x').put({'a': 1})\n    await queue('x').get()\nt'x'",
    },
    "a message": {"routes/index.py": "from hyperpy import channel\nchannel('x').publish_soon({'a': 1})\nt'x'"},
    "a date in a URL": {
        "routes/index.py": "import datetime\nfrom hyperpy import url\nday = datetime.date(2030, 1, 1)\n"
        "t'<a href={url(\"/{day}\", day=day)}>x</a>'",
        "routes/{day}.py": "import datetime\nday: datetime.date\nt'{day}'",
    },
}

# Each site is loaded in a fork of a process that has imported what is in front of the loop.
IN_FORKS = """
import asyncio, os, sys
import anyio.to_thread, starlette.applications, starlette.staticfiles

def visit():
    from hyperpy import Hyper, Settings
    app = Hyper(settings=Settings(secret_key="0" * 40))
    {then}

async def request(app, state, method, path, accept, body=b""):
    async def receive():
        if received:
            await asyncio.Future()
        received.append(True)
        return {{"type": "http.request", "body": body, "more_body": False}}
    async def send(message):
        sent.append(message)
    sent, received = [], []
    head = [(b"host", b"localhost"), (b"accept", accept), (b"content-length", str(len(body)).encode())]
    head += [(b"content-type", b"application/x-www-form-urlencoded")] if body else []
    scope = {{"type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path, "headers": head}}
    scope["state"] = dict(state)
    await app({{**scope, "raw_path": path.encode(), "query_string": b"", "client": ("::1", 1)}}, receive, send)
    assert sent[0]["status"] in (200, 303, 422), sent

async def requests(app):
    async with app.router.lifespan_context(app) as state:
        before = set(sys.modules)
        compiler = before.intersection({compiler})
        for accept in (b"text/html", b"text/event-stream"):
            await request(app, state, "GET", "/", accept)
        for body in (b"name=", b"name=Ada") if "POST" in open("routes/index.py").read() else ():
            await request(app, state, "POST", "/", b"text/html", body)
        if os.path.exists("static"):
            await request(app, state, "GET", "/static/site.css", b"*/*")
        new = set(sys.modules) - before
        wrong = compiler | {{name for name in new if name.startswith(("hyperpy", "pydantic"))}}
        print(folder, *sorted(wrong), flush=True)

for folder in sys.argv[1:]:
    if not os.fork():
        os.chdir(folder)
        sys.path.insert(0, folder)
        visit()
        os._exit(0)
    assert os.wait()[1] == 0, folder
"""


def test_requests_import_nothing(tmp_path):
    """With cached files, whose loading imports the least. Only the first error page of a simple site does."""
    folders = [str(write_files(tmp_path / name.replace(" ", "-"), files)) for name, files in SITES.items()]
    compile_all = "import hyperpy.pages.loading.compilation\n" + IN_FORKS.format(then="", compiler=())
    visit_all = IN_FORKS.format(then="asyncio.run(requests(app))", compiler=COMPILER)
    for code in (compile_all, visit_all):
        command = [sys.executable, "-c", code, *folders]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert not done.returncode, done.stderr
    assert done.stdout.splitlines() == folders
