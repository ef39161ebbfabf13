"""What an import of hyperpy loads, and that requests import nothing more. Counts, because times vary."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import hyperpy
from tests.support.sites import write_files

# With bytecode, a module takes about half a millisecond.
MOST_MODULES = {"import hyperpy": 2, "from hyperpy import Hyper": 205, "import hyperpy.cli": 12}

# The modules that only some sites or commands use.
RARE = (
    *("pydantic", "pydantic_core", "annotated_types", "importlib.metadata", "difflib", "tomllib", "multiprocessing"),
    *("hyperpy.check", "hyperpy.dev", "hyperpy.inspector", "hyperpy.server", "hyperpy.testing"),
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


def test_lazy_names_are_those_that_type_checkers_see():
    """Each name is the object of the import under `TYPE_CHECKING`."""
    tree = ast.parse(Path(hyperpy.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    seen = {alias.asname or alias.name: (node.module, alias.name) for node in imports for alias in node.names}
    assert sorted(seen) == sorted(hyperpy.__all__)
    for name, (module, original) in seen.items():
        assert getattr(hyperpy, name) is getattr(importlib.import_module(module), original), name
    assert {*hyperpy.__all__} <= {*dir(hyperpy)}
    with pytest.raises(AttributeError, match="has no attribute 'rendr'"):
        _ = hyperpy.rendr


SITE = {
    "routes/_base.py": """
from hyperpy import flashes

def Layout(children):
    return t"<html><body>{[message for message in flashes()]}{children}</body></html>"
""",
    "routes/index.py": """
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
""",
    "routes/news.py": """
async def stream():
    yield "news", {"a": 1}
""",
    "routes/script.py": "data = {'a': 1}\nt'<script>let data = {data}</script>'",
    "static/site.css": "body { margin: 0 }",
}

VISIT = """
import asyncio, sys
from pathlib import Path
from hyperpy import Hyper, Settings
from hyperpy.testing import client

async def main():
    app = Hyper(settings=Settings(secret_key="0" * 40))
    async with client(app) as visitor:
        await visitor.get("/missing")
        before = set(sys.modules)
        await visitor.get("/")
        await visitor.post("/", data={"name": ""})
        await visitor.post("/", data={"name": "Ada"})
        await visitor.get("/script")
        await visitor.get("/static/site.css")
        async with visitor.stream("/news") as events:
            async for _ in events:
                pass
        print(*sorted(name for name in set(sys.modules) - before if name.startswith(("hyperpy", "pydantic"))))

asyncio.run(main())
"""


def test_requests_import_nothing(tmp_path):
    write_files(tmp_path, SITE)
    for _ in range(2):  # without the cache of compiled files, and with it
        done = subprocess.run([sys.executable, "-c", VISIT], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
