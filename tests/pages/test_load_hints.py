"""Hints of load errors, where Python's own message doesn't help."""

from pathlib import Path

import pytest

from hyperpy.app.loaded_routes import BrokenRoute, load_routes
from hyperpy.exceptions import display_path
from hyperpy.pages import Route, temporary_imports
from tests.support.sites import Write, write_files

PAGE = "\nt'<p>{1}</p>'"
DOUBLE = "Double the braces of CSS, JavaScript or text"
LOOP = "a loop is a comprehension"
OTHERS = {
    "_shared.py": "LIMIT = 3\n",
    "_a.py": "from routes._b import B\nA = 1\n",
    "_b.py": "from routes._a import A\nB = 1\n",
    "_unread.py": "def f(): return t'<p>{name</p>'",
    "other.py": f"user = [1]{PAGE}",
}

HINTS = {
    "t'<script>function a() { return 1 }</script>'": DOUBLE,
    "t'''<script>\nfunction a() {\n  let b = 1;\n  return b;\n}\n</script>'''": DOUBLE,
    "t'<script>if (x) { go(); }</script>'": DOUBLE,
    "t'<ul>{% for x in xs %}<li>'": LOOP,
    "t'<ul>{for x in xs}'": LOOP,
    "t'<p>{ if x }'": LOOP,
    "t'<p>{# a comment #}</p>'": "<!-- … -->",
    "def page():\n    return t'<p>x</p>'": "Write the t-string of page() as a statement of its own",
    "async def load():\n    return {'user': 1}\nt'<p>{user}</p>'": "global user\n          user = …",
    "t'<p>{/* a comment */}</p>'": "<!-- … -->",
    "x = 1\nt'<p>{x</p>'": "The brace has no end: write {x}.",
    f"if True\n    x = 1{PAGE}": "Write `:` at the end of the line.",
    f"def f():\nreturn 1{PAGE}": "Indent the lines that belong to it",
    f"x = [1{PAGE}": "Write the bracket that closes it.",
    f"import requsts{PAGE}": "Did you mean `requests`? Otherwise: Install",
    "t'<p>{a} {b}</p>'": "Also unknown here: `b` (line 1).",
    "x = [1]\nt'<p>{len(x}</p>'": "Close the `(` before the brace ends.",
    "page = t'<p>{1}</p>'": "Write the t-string as a statement of its own, without `page =`.",
    f"from hyperpy import t{PAGE}": "A t-string needs no import",
    "t'<p>{/Page}</p>'": "The end tag of a component is </{Page}>.",
    "t'<{Page title=\"a\"}></{Page}>'": "attributes stand behind the braces: <{Page} …>.",
    "x = 1\nt'<p>{x && t\"<b>x</b>\"}</p>'": "In Python, it is `and`",
    "x = 1\nt'<p>{x || 1}</p>'": "In Python, it is `or`",
    "x = 1\nt'<p>{x ? 1 : 2}</p>'": "a condition is {'yes' if found else 'no'}",
    "---\nx = 1\n---\nt'<p>{x}</p>'": "Remove the lines `---`.",
    "x = '<b>'\nt'<p>{x | safe}</p>'": "write {x:safe}.",
    "x = 'a'\nt'<p>{x|title}</p>'": "Write {x.title()}.",
    "x = 'a'\nt'<p>{x|length}</p>'": "Templates have no filters. Write {len(x)}.",
    "x = 'a'\nt'<p>{x|trim|upper}</p>'": "Write {x.strip().upper()}.",
    "x = ['a']\nt'<p>{x|sort|join(\", \")}</p>'": "Write {', '.join(sorted(x))}.",
    "x = 'a'\nt'<p>{x|default(\"b\")|lower}</p>'": "Write {(x or 'b').lower()}.",
    "x = 'a'\nt'<p>{x|price|title}</p>'": "Call a function or a method: {price(x).title()}.",
    "x = 'a'\nt'<p>{x|tojson}</p>'": "Write {x}. In a script, a value is JSON by itself.",
    "x = 'a'\nt'<p>{x|escape}</p>'": "Write {x}. Values are escaped by themselves.",
    "x = 'a'\nt'<p>{x|first}{x|last}</p>'": "Write {x[0]}.",
    "x = 'a'\nt'<p>{x|replace(\"a\", \"b\")}</p>'": "Write {x.replace('a', 'b')}.",
    "x = 'a'\nt'<p>{x|strftime(\"%d\")}</p>'": "A date has a format: {x:%d.%m.%Y}.",
    "x = 'a'\nt'<p>{x|floatformat}</p>'": "A number has a format: {x:.2f}, or {x:,}.",
    "x = []\nt'<p>{x|selectattr(\"a\")}</p>'": "Write a comprehension: {[… for item in x if …]}.",
    "x = {}\nt'<p {...x}>a</p>'": "The attributes of a dict are written with {x:**}.",
    "x = {}\nt'<p {**x}>a</p>'": "The attributes of a dict are written with {x:**}.",
    "xs = []\nt'<ul>{xs.map((x) => <li>{x}</li>)}</ul>'": 'write a comprehension: {[t"<li>{x}</li>" for x in xs]}.',
    "xs = []\nt'''<ul>{xs.map(x => (\n<li>{x}</li>\n))}</ul>'''": '{[t"<li>{x}</li>" for x in xs]}.',
    "xs = []\nt'<p>{xs.map(function(x) { return x })}</p>'": '{[t"<li>{x}</li>" for x in xs]}.',
    "x = 1\n<h1>{x}</h1>": "HTML stands outside of a t-string\n",
    'x = 1\n<p class="a">\n  it\'s\n</p>': "HTML is written in a t-string",
    "def Card():\n    return (\n        <div>a</div>\n    )\nt'{1}'": "HTML stands outside of a t-string",
    "def Card():\n    return <>a</>\nt'{1}'": "HTML is written in a t-string",
    "<!doctype html>\n<html>": "HTML is written in a t-string",
    f"from _shared import LIMIT{PAGE}": "`from routes._shared import …`",
    f"from pydantic import BaseModel\nfrom hyperpy import POST, Form\nclass M(BaseModel): a: str\n"
    f"form = Form(M)\nif POST and form.ok: pass{PAGE}": "An input has a type: `form: Form[M]`.",
    f"from pydantic import BaseModel\nfrom hyperpy import POST, Form\nclass M(BaseModel): a: str\n"
    f"form: M = Form()\nif POST: pass{PAGE}": "shows the form again, write `form: Form[M]`.",
    f"from typing import Annotated\nfrom pydantic import BaseModel\nfrom hyperpy import POST, Form\n"
    f"class M(BaseModel): a: str\nx: Annotated[M, Form()]\nif POST: pass{PAGE}": "again, write `x: Form[M]`.",
    "async def load():\n    return t'<p>'": "as a statement of its own at the end of the file",
    f"async def load():\n    return t'<p>'{PAGE}": 'return HTMLResponse(html(t"…")).',
    f"from hyperpy import Response\nasync def load(): raise Response('a'){PAGE}": "or `raise HTTPException(403)`",
    f"from hyperpy import RedirectResponse as R\nif 1: raise R('/'){PAGE}": "Write `R(…)` without `raise`, or",
    f"from hyperpy import RedirectResponse\ndef f():\n    raise RedirectResponse('/'){PAGE}": '`raise redirect("/…")`.',
    "from starlette.datastructures import UploadFile\nfrom pydantic import BaseModel\n"
    f"class M(BaseModel): a: UploadFile{PAGE}": "`from hyperpy import UploadFile`",
    f"from routes._unread import f{PAGE}": "_unread.py:1  Python can't read this: t-string: expecting",
    f"form = await f(1){PAGE}": "global form\n          form = await f(1)",
    f"for x in await f(1): pass{PAGE}": "global found\n          found = await f(1)",
    f"from hyperpy import PageError{PAGE}": "Write `from hyperpy.exceptions import PageError`.",
    f"from hyper import EventError{PAGE}": "Write `from hyperpy.exceptions import EventError`.",
    f"from hyperpy import Mapping{PAGE}": "`hyperpy` has no `Mapping`",
    f"from hyperpy import status{PAGE}": "or `from starlette import status`",
    f"from hyperpy import redirct{PAGE}": "Did you mean `redirect`?",
    f"from hyper import url_for{PAGE}": "Import `url`",
    f"from hyperpy import jsonify{PAGE}": "JSONResponse(data)",
    f"from hyperpy import Flask{PAGE}": "hyperpy has no `Flask`. A file in the routes folder is a route",
    f"from hyperpy import escape{PAGE}": "A t-string escapes its values: {name}.",
    f"from hyperpy import before_request{PAGE}": "`_guard.py` of a folder",
    f"from hyperpy import nothing_request{PAGE}": "`hyperpy` has no `nothing_request`",
    f"from hyperpy import Redirect{PAGE}": "Did you mean `redirect`?",
    f"from hyperpy import Blueprint{PAGE}": "A folder in it is the prefix of their URLs",
    f"from hyperpy import Jinja2Templates{PAGE}": "A layout is a function that returns one.",
    f"from hyperpy import BackgroundTasks{PAGE}": "`spawn(coroutine)` runs work beside the request.",
    f"from hyperpy import EventSourceResponse{PAGE}": "`async def stream()` in a route file",
    f"from hyperpy import run_in_threadpool{PAGE}": "`await asyncio.to_thread(f)` in the loader",
    f"from hyperpy import render_to_response{PAGE}": "A page is a t-string as a statement of its own",
    f"from hyperpy import stream_with_context{PAGE}": "`response = StreamingResponse(rows())`",
    f"x = current_app.config{PAGE}": "hyperpy has no `current_app`. The application is `request.app`.",
    "t'<p>{g.user}</p>'": "Keep a value of the request in `request.state`",
    "t'<p>{g}</p>'": "declare it as an input: `g: str`.",
    "t'<p>{get_flashed_messages()}</p>'": "Call `flashes()`: each message has a `text` and a `kind`.",
    "t'<p>{current_user.name}</p>'": "declare it: `user: User = Depends(current_user)`.",
    "current_users = 1\nt'<p>{current_user}</p>'": "Did you mean `current_users`? It is set at line 1.",
    f"@login_required\ndef f(): pass{PAGE}": "Refuse visitors in the `_guard.py` of a folder",
    f"emit('a'){PAGE}": "Publish to a channel, which streams subscribe to",
    f"send_file('a'){PAGE}": '`response = FileResponse(path, filename="a.csv")`',
    f"from flask_login import current_user{PAGE}": "In place of `current_user`: Write a function that returns the",
    f"import flask_socketio{PAGE}": "Live updates need no package. A stream sends to browsers",
    f"from flask_wtf import FlaskForm{PAGE}": "Forms need no package, and no token.",
    f"from flask_sse import sse{PAGE}": "Live updates need no package. A stream is",
    f"from sanic.templating import Jinja2Templates{PAGE}": "In place of `Jinja2Templates`: A page is a t-string",
    f"from sanic import request, redirect, abort{PAGE}": "hyperpy has `request` and `redirect`: `from hyperpy import",
    f"from routes._shared import LIMTI{PAGE}": "Did you mean `LIMIT`?",
    f"from routes._shred import LIMIT{PAGE}": "Did you mean `_shared`?",
    f"from routes.other import user{PAGE}": "Each request has a `user` of its own there.",
    f"import module_of_nobody{PAGE}": "Install the package that has `module_of_nobody`",
    f"import starlete{PAGE}": "Did you mean `starlette`? Otherwise: Install",
    f"from routes.othr import user{PAGE}": "Did you mean `other`?",
    f"from typing import Final\nimport datetime\nNOW: Final = datetime.now(){PAGE}": "Write `datetime.datetime.now()`",
    "x = 1\nt'<p>": "the t-string that begins here has no closing '",
    "x = 1\nt'<p>\n</p>'": "A string over several lines has three quotes: t'''…'''.",
    'x = 1\nt"""<p>\n\n</p>\n': 'the t-string that begins here has no closing """',
    f"x = f'a{PAGE}": "the f-string that begins here has no closing '",
    f"x = 'a{PAGE}": "Write ' at its end.",
    f"x = 'It's'{PAGE}": "A ' in the text has ended it early. Write \" around a text that has one.",
    f"x = 'a' or 'It's a'{PAGE}": "has no closing '",
    "t'<p class='a'>x</p>'": "the quote after `class=` ends the string",
    'x = [t"<a href="/x">a</a>"]\nt\'{x}\'': 'Use \' for the quotes inside it, or three quotes around it: t"""…',
    't"<p title="{1}">x</p>"': "the quote after `title=` ends the string",
    "x = 'so 'called' it'\nt'{x}'": "the quote before this ends the string",
    f"x = true{PAGE}": "In Python, it is `True`.",
    "t'<p>{null}</p>'": "In Python, it is `None`.",
    "t'<script>function f() {{ if (a) { console.log(1) } }}</script>'": "not a value: `{{ … }}`.",
    f"from os import module_of_nobody{PAGE}": "`os` has no `module_of_nobody`",
    f"x = f'{{'{PAGE}": "Python can't read this: f-string",
}
NOT_IN_A_TEMPLATE = ("x = [1", "if 1:\n\tx = 1\n        y = 2", f"x y{PAGE}", "x = {1 2}", "t'<p>'\nx y")


def test_hints(write: Write) -> None:
    found = _errors(write, [*HINTS, *NOT_IN_A_TEMPLATE])
    assert {source: found[source] for source, expected in HINTS.items() if expected not in found[source]} == {}
    assert [source for source in NOT_IN_A_TEMPLATE if DOUBLE in found[source]] == []
    circular = _errors(write, [f"from routes._a import A{PAGE}"])
    assert ["Move what both need to a third one" in text for text in circular.values()] == [True]


IN_PROJECT = {
    "import nighbour": "Did you mean `neighbour`?",
    "from rotes._shared import LIMIT": "Did you mean `routes`?",
    "from neighbour import nme": "raised ImportError: cannot import name 'nme' from 'neighbour'\n",
    "from tools.cleen import name": "Did you mean `clean`?",
    "from toolz import clean": "Did you mean `tools`?",
    "import clean": "Import it from its package: `from tools.clean import …`.",
    "from deep.models import X": "Import it from its package: `from tools.sets.deep import …`.",
}


def test_hints_for_modules_of_the_project(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"neighbour.py": "name = 1\n", "tools/clean.py": "name = 1\n"})
    write_files(tmp_path, {"tools/sets/deep/models.py": "X = 1\n"})
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    found = _errors(write, [source + PAGE for source in IN_PROJECT])
    expected = dict(zip(found, IN_PROJECT.values(), strict=True))
    assert {source: text for source, text in found.items() if expected[source] not in text} == {}


def test_a_module_outside_of_pythons_path(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, {"no_pantry.py": "X = 1\n"})
    source = "\nfrom no_pantry import X" + PAGE
    [text] = _errors(write, [source]).values()
    assert f"`no_pantry` is in {tmp_path}, which isn't on Python's path. Run `hyper` there" in text
    assert 'For pytest, write `pythonpath = ["."]`' in text
    monkeypatch.chdir(tmp_path)
    assert "`no_pantry` is in the current folder, which isn't on Python's path." in _errors(write, [source])[source]
    monkeypatch.syspath_prepend(tmp_path)
    with temporary_imports(tmp_path):
        assert _errors(write, [source]) == {source: ""}


def test_a_module_that_many_files_miss_is_listed_once(write: Write) -> None:
    files = {f"r{n}.py": f"x = {n}\nimport nothing_like_it{PAGE}" for n in range(8)}
    folder = write(files | {"other.py": "import os.x"})
    errors = load_routes(folder).errors
    [missing] = [error for error in errors if "nothing_like_it" in error.what]
    places = ", ".join(f"{display_path(str(folder / f'r{n}.py'))}:2" for n in range(1, 6))
    assert f"The same import fails in {places} and 2 more." in missing.hint
    assert len(errors) == 2
    broken = [entry.error for entry in load_routes(folder).entries if isinstance(entry, BrokenRoute)]
    assert len(set(map(id, broken))) == len(broken) == 9  # each file shows its own line


def _errors(write: Write, sources: list[str]) -> dict[str, str]:
    """Why files can't be loaded, by their sources."""
    files = {f"r{number}.py": source for number, source in enumerate(sources)}
    folder = write(OTHERS | files)
    found = {entry.file: "" if isinstance(entry, Route) else str(entry.error) for entry in load_routes(folder).entries}
    return {source: found[str(folder / file)] for file, source in files.items()}


LOAD = "async def load():\n    "
IMPORT = "from hyperpy import request\n"
UNAWAITED = (
    f"{IMPORT}{LOAD}x = request.form['a']",
    f"{IMPORT}{LOAD}x = request.form.get('a')",
    f"{IMPORT}{LOAD}x = request.json()['a']",
    f"{IMPORT}{LOAD}form = request.form()\n    print(form['a'], form.get('b'))",
    f"from hyperpy import Request\nreq: Request\n{LOAD}data = req.body()\n    x = data[0]",
    f"import hyperpy as h\n{LOAD}x = h.request.form['a']",
)
AWAITED = (
    f"{IMPORT}{LOAD}x = (await request.form())['a']",
    f"{IMPORT}{LOAD}form = request.form()\n    x = (await form)['a']",
    f"{IMPORT}{LOAD}form = request.form()\n    form = await form\n    x = form['a']",
    f"{IMPORT}{LOAD}async with request.form() as form:\n        x = form['a']",
    f"{IMPORT}{LOAD}read = request.json\n    x = (await read())['a']",
    f"def f(request): return request.form['a']\n{LOAD}pass",
    "class request:\n    form = {'a': 1}\nx = request.form['a']",
)


def test_parts_of_a_body_that_is_not_awaited(write: Write) -> None:
    found = _errors(write, [source + PAGE for source in (*UNAWAITED, *AWAITED)])
    assert [
        source for source in UNAWAITED if "is not awaited, so it has no parts yet" not in found[source + PAGE]
    ] == []
    assert {source: found[source + PAGE] for source in AWAITED if found[source + PAGE]} == {}


AWAITS = {
    "a, b = await f()": "global a, b\n        a, b = await f()",
    "rows = [r for r in await f()]": "global rows\n        rows = [r for r in await f()]",
    "rows: list[int] = await f()": "global rows\n        rows = await f()",
    "from hyperpy import POST\nif POST:\n    await f()": "async def load():\n        if POST:\n            await f()",
    "async with f() as c:\n    rows = await c": "global rows\n        async with f() as c:\n            …",
    "t'{await f()}'": "found = await f()\n\nHere, write `found`.",
    "if await f(): pass": "found = await f()\n\nHere, write `found`.",
    "t'{[x async for x in f()]}'": "Move it into the loader",
}


def test_an_await_at_the_top_level(write: Write) -> None:
    found = _errors(write, [*AWAITS])
    unindented = {source: text.replace("\n  ", "\n") for source, text in found.items()}
    assert {source: unindented[source] for source, hint in AWAITS.items() if hint not in unindented[source]} == {}
