"""Warnings about code that loads and runs, but probably not as intended."""

from collections.abc import Collection
from pathlib import Path

import pytest

from hyperpy.app.loaded_routes import load_routes
from hyperpy.pages import Route, temporary_imports
from tests.support.sites import Write

PAGE = "\nt'<p>{1}</p>'"

APP = "class app:\n    def get(path): return lambda f: f\n"
LOAD = "async def load():\n    "
MODEL = "from pydantic import BaseModel, ConfigDict, Field\nclass M(BaseModel):\n    "
CARD = "def Card(title, children=None): return t'<p>{title}{children}</p>'\n"

NOTE = "from hyperpy import POST, Form, Query\nif POST:\n    note: str = Form()\n"
MODEL_FORM = """from pydantic import BaseModel
from hyperpy import POST, Form, FormField
class M(BaseModel):
    a: str
form: Form[M] = Form()
"""
REDIRECT = """from typing import Annotated
from urllib.parse import quote
from hyperpy import POST, Form, Query, redirect
"""
FORM = """from pydantic import BaseModel, Field
class M(BaseModel):
    name: str = Field(max_length=9)
    code: str = Field(pattern="[a-z]+")
    age: int
form: Form[M]
"""
HANDLED = f"{MODEL_FORM}if POST and form.ok: print(1)\n"
ROW = "def row(n): return t'<li>{n}</li>'\n"

MISTAKES = {
    f"{HANDLED}t'<form><{{FormField}} of={{form.a}} /></form>'": "this form sends GET, but the file handles POST",
    f"{HANDLED}t'<p>{{1}}<form><input {{form.field(\"a\"):**}}></form>'": 'Write <form method="post">.',
    f"{NOTE}t'<form><button>Delete {1}</button></form>'": "this form sends GET, but the file handles POST",
    f"{MODEL_FORM}t'<form method=post><input name=a></form>{{1}}'": "this form sends POST, which the file doesn't",
    f"{MODEL_FORM}t'<form><input name=a></form>{{1}}'": "its fields are read from the body of a request",
    f"n = 0\n{LOAD}n = 1\nt'{{n}}'": "load() sets a local variable `n`, not the `n` of line 1",
    f"n = m = 0\n{LOAD}m, n = 1, 2\n    if n: pass\nt'{{n}}'": "load() sets a local variable `n`",
    "n = 0\nasync def stream():\n    for n in (1, 2): yield render()\nfrom hyperpy import render\nt'{n}'": (
        "stream() sets a local variable `n`"
    ),
    "n = None\ndef load():\n    global n\n    n = 1\nt'{n}'": "nothing calls load(): a loader is an `async def`",
    "n = 0\ndef load(request):\n    n = 1\nt'{n}'": "nothing calls load(): a loader is an `async def`",
    "from hyperpy import POST\nif POST: print(1)\ndef post(request): print(2)\nt'{1}'": "under `if POST:`",
    "async def post(): print(1)\nt'{1}'": "post() is the loader of this file: it runs for each request, GET as well",
    "n = 1\nasync def _load():\n    global n\n    n = 2\nt'{n}'": "with `_`, it is a helper",
    "def stream(): return [1]\nt'{1}'": "a stream is an `async def` with `yield`",
    "class Page:\n    def get(self, request): return 1\nt'{1}'": "nothing calls Page.get()",
    f"n = 0\n{LOAD}global n\n    n = 1\n    yield\nt'{{n}}'": "the `yield` makes load() the stream",
    "name = 'Ada'\nt'<p>Hello {{ name }}</p>'": "`{{ name }}` is shown as the text `{ name }`",
    "user = 1\nt'''<title>\n{{ user.name }}</title>'''": "Write `{user.name}`",
    f"{CARD}t'<Card title=x />'": "`<Card>` is an HTML element here, not the component `Card`",
    f"{CARD}t'<div><Card>x</Card></div>'": "<{Card}>…</{Card}>, or <{Card} />.",
    "xs = ['a']\nt'<ul>{[f\"<li>{x}</li>\" for x in xs]}</ul>'": 'Write t"…" in place of f"…".',
    "xs = ['a']\nt'<ul>{[\"<li>{x}</li>\" for x in xs]}</ul>'": "Put a `t` in front of the quotes.",
    "x = 1\nt'<p>{\"<br>\" if x else None}</p>'": "the tags in this string are shown as text",
    "xs = ['a']\nt'<ul>{\"\".join(f\"<li>{x}</li>\" for x in xs)}</ul>'": "Interpolate the items themselves",
    "def Row(x): return t'<td>{x and \"<b>x</b>\"}</td>'\nt'<{Row} x=1 />'": "the tags in this string",
    "def Note(x): return f'<b>{x}</b>'\nt'<{Note} x=1 />'": 'Write t"…" in place of f"…".',
    "def note(x): return f'<b>{x}</b>'\nt'<p>{note(1)}</p>'": "the tags in this string are shown as text",
    "from hyperpy import html\nhtml(t'a')": "Write the t-string alone, without `html(…)`.",
    f"{ROW}row(1)\nt'{{1}}'": "nothing shows the HTML of `row(…)`",
    f"{ROW}def all(): row(1)\nt'{{all()}}'": "nothing shows the HTML of `row(…)`",
    f"{ROW}rows = f'<ul>{{row(1)}}</ul>'\nt'{{len(rows)}}'": 'Write t"…" in place of f"…".',
    f"{ROW}first = row(1)\nt'{{str(row(1))}}{{first}}'": "str() shows the parts of a t-string",
    "a = t'<b>x</b>'\nt'{len(f\"{a}{t'<i>y</i>'!s}\")}'": "an f-string shows the parts of a t-string",
    "async def stream():\n    yield '<b>new</b>'": "the tags in this string are shown as text",
    "n = 1\nasync def stream():\n    yield 'news', f'<b>{n}</b>'": 'Write t"…" in place of f"…".',
    "n = 1\nasync def stream():\n    global n\n    n = 2\nt'{n}'": "stream() has no `yield`, so it is the loader",
    "from hyperpy import htmx, render\nif htmx.fragment: render(fragments=htmx.fragment)\nt'<p id=a>{1}'": (
        "no element in this file has the marker `{fragment}`"
    ),
    "t'<div /><p>{1}</p>'": "`/>` doesn't end a <div>: what follows is inside it",
    "t'<p className={\"a\"}>{1}</p>'": "Write `class`.",
    "x = 1\nt'<label htmlFor=\"a\">{x}</label>'": "browsers know no attribute `htmlFor`",
    't\'<input class="a" {1:**} disabled="false">\'': "or write a condition: disabled={is_disabled}.",
    "t'<option value=0 selected=0 title={1}>'": "`selected` is set by any text, and so by '0'",
    f"{REDIRECT}name: str\nif name:\n    print(name)\n    redirect(f'/a?saved={{name}}')\nt'{{1}}'": (
        "`name` is text from a request, and isn't encoded"
    ),
    f"{REDIRECT}name: str\nif name: redirect(f'/a?b=1&saved={{name}}')\nt'{{1}}'": "Write quote(name), with",
    f"{REDIRECT}name: str = Query('')\nif name: redirect(f'/a?saved={{name}}&b={{2}}')\nt'{{1}}'": (
        'Write redirect(url("/a", saved=name, b=2)).'
    ),
    f"{REDIRECT}name: str | None\nif name: redirect('/a?b=' + name.strip())\nt'{{1}}'": 'url("/a", b=name.strip())',
    f"{REDIRECT}name: Annotated[str, Query(max_length=9)]\nif name: redirect(f'https://a.b/?c={{name}}')\nt'{{1}}'": (
        "Write quote(name), with `from urllib.parse import quote`."
    ),
    f"{REDIRECT}{FORM}if POST and form.ok: redirect(f'/a?saved={{form.data.name}}')\nt'{{1}}'": (
        "`form.data.name` is text from a request, and isn't encoded in this URL"
    ),
    "from hyperpy import Query\nq: str = Query('')\nt\"<a href={f'/a?q={q}'}>a</a>\"": "href='/a?q={q}'.",
    "from hyperpy import Query\nq: str = Query('')\nt'<a class=\"b\" href={f\"/a?q={q}\"}>a</a>'": (
        'Write the URL in the template, which encodes values: href="/a?q={q}".'
    ),
    "x = '<b>x</b>'\nt'<p set:html={x}></p>'": "`{…:safe}` says that it is HTML.",
    "from hyperpy import POST\nif POST:\n    a: str\n    print(a)\nt'<form method=post><input name=a>{1}</form>'": (
        "`a` is taken from the query, but the form sends it in the body"
    ),
    "from hyperpy import Query\npage: int = Query('abc')\nt'{page}'": "is the str 'abc', but its type is int",
    "x: int | str\nt'{x}'": "`x` is always a str: every text of a request is one, so it never becomes int",
    "from datetime import date\nfrom hyperpy import Query\nx: date | None | str = Query()\nt'{x}'": "Write `date`",
    "q: str = ''\nt'<input name=\"q\" value={q} hx-get=\"/\">'": "`q` is always '': an assignment takes nothing",
    "q: int = 1\nt'<p>{q}</p><select id={2} name=q></select>'": "write `q: int = Query(1)`.",
    "q: str = ''\nq = q.strip()\nt'{q}'": "`q` starts as '': an assignment takes nothing from the request",
    "n: int = 1\nn = max(1, int(n))\nt'{n}'": "For the value from the URL, write `n: int = Query(1)`.",
    "q: str = 'a b'\nq = q.strip() or 'a'\nt'<input name=q value={q}>'": "For what the control `q` sends, write",
    "t'<p>{1}</p><Other>x</Other>'": "`<Other>` is not an element of HTML",
    "t'<main>{1}<Card /></main>'": "import or define `Card`",
    "t'<div><b>{1}</div></b>'": "<b> is still open where </div> ends the element around it",
    "t'<ul><li><a href=\"/\">{1}</li></ul>'": "Write </a> before </li>.",
    f"{NOTE}t'<form><input name=note><button>{{1}}</button></form>'": 'Write <form method="post">.',
    f"{NOTE}t'<form class={{1}}><textarea name=note></textarea></form>'": "the file handles POST",
    f"{NOTE}q: str = Query('')\nt'<form><input name=q></form><form><input name=note>{{1}}</form>'": "sends GET",
    "t'<h1>{1}<p>a'": "<h1> has no end tag, so everything after it is inside it",
    "t'<h1>{1}<p>a</p>'": "Write </h1> where it ends.",
    't\'<ul><li>{[t"<b>{x}" for x in "ab"]}</ul>\'': "<b> has no end tag",
    "t'<h1>{1}</h2><p>a</p>'": "Write </h1> in place of </h2>.",
    "t'<div><h1>{1}</h2></div>'": "<h1> is not ended by </h2>",
    "def Card(children): return t'<article>{children}'\nt'<{Card}>a</{Card}>'": "<article> has no end tag",
    "def Card(children): return t'<p>{children}'\nt'<{Card}><em>a</{Card}>'": "<em> is still open where the component",
    "from hyperpy import Markup\nt'<i>a</i><select><option>{1}<a href=/b>c</a>'": "<select> has no end tag",
    "t'<div><span />{1}</div>'": "`/>` doesn't end a <span>: it is still open at </div>",
    "t'<div><p>{1}</div></p>'": "<p> is still open where </div> ends the element around it",
    f"{CARD}t'<{{Card}} title=a><h1>{{1}}</{{Card}}></h1>'": "</h1> ends an element that begins inside <{Card}>",
    f"{CARD}t'<p><{{Card}} title=a><span /></{{Card}}>'": "it is still open at the end of the component",
    "t'<ul><li>a<p>{1}</ul></li>'": "Write </li> before </ul>.",
    "t'<section><p>{1} <ul><li>a</ul></p></section>'": "browsers end this <p> where the <ul> in it begins",
    "def Card(title, children): return t'<p>{title}</p>'\nt'<{Card} title=a>b</{Card}>'": (
        "Card() takes `children`, but shows them nowhere"
    ),
    "def card(*, children=None):\n    return t'<p>{1}</p>'\nt'<{card}>b</{card}>'": "Place {children} in its t-string",
    "t'<p>{1}<b><div>a</div></b></p>'": "Write </p> before <div>, or use a <div>.",
    "t'<p>{1}<table><tr><td><p>b</td></tr></table></p>'": "browsers end this <p> where the <table> in it begins",
    "t'<div><p>{1}</div><div><p>b</div></p>'": "<p> is still open where </div> ends the element around it",
    "name: str = ''\nt'<form hx-post=/a><input name=name>{name}</form>'": "write `name: str = Form('')`.",
    "t'<p>{1}'\nasync def load():\n    yield 1": "A stream is better called `stream`.",
    "name: str = ''\nt'<form method=post><input name=name>{name}</form>'": "write `name: str = Form('')`.",
    "x = 1\nprint(f'<p>{x}</p>')\nt'{x}'": "print() writes this HTML to the terminal, not to the page",
    "import sys\nsys.stdout.write('<p>a</p>')\nt'{1}'": "sys.stdout.write() writes this HTML to the terminal",
    "from sys import stdout\nstdout.buffer.write(b'<p>a</p>')\nt'{1}'": "stdout.buffer.write() writes this HTML",
    "import sys\nprint('<p>a</p>', file=sys.stdout)\nt'{1}'": "print() writes this HTML to the terminal",
    "t'<p>{1}'\nasync def loader():\n    yield 1": "the `yield` makes loader() the stream of this file, not its loader",
    "n = 1\nasync def sse():\n    global n\n    n = 2\nt'{n}'": "sse() has no `yield`, so it is the loader",
    f"{APP}@app.get('/')\ndef home(): return t'<p>'\nt'{{1}}'": ("`@app.get(…)` adds no route\n"),
    f"{APP}@app.get('/a/<int:id>')\ndef home(id): return t'<p>'": "`a/{id}.py` in the routes folder answers this URL",
    f"{APP}@app.get('/{{rest:path}}/:id')\ndef home(): pass\nt'{{1}}'": "`{...rest}/{id}.py` in the routes folder",
    "@app.post('/')\ndef home(): pass\nt'{1}'": "`index.py` in the routes folder answers this URL.",
    "from hyperpy import route\n@route('/a')\ndef home(): pass\nt'{1}'": "`@route(…)` adds no route",
    "@rt('/a')\ndef post(): pass\nt'{1}'": "`@rt(…)` adds no route",
    "import flask\nt'{1}'": "A route file needs no `flask`: the file is the route, and its t-string the page.",
    f"import time\nx = 1\n{LOAD}time.sleep(1)\nt'{{x}}'": "time.sleep() in the `async def` load() holds up every other",
    "from time import sleep as nap\nasync def stream():\n    nap(1)\n    yield 1": "Write `await asyncio.sleep(…)`.",
    f"import subprocess as s\n{LOAD}s.run(['ls'])\nt'{{1}}'": "Use `asyncio.create_subprocess_exec`.",
    f"import os\n{LOAD}os.system('ls')\nt'{{1}}'": "os.system() in the `async def` load()",
    f"import sqlite3\n{LOAD}sqlite3.connect('x')\nt'{{1}}'": "asyncio.to_thread(sqlite3.connect, …)",
    f"from urllib.request import urlopen\n{LOAD}urlopen('http://x')\nt'{{1}}'": "asyncio.to_thread(urlopen, …)",
    f"{MODEL}a: str = Field(patern='x')\nt'{{1}}'": ("`Field` has no keyword `patern`, and pydantic ignores it"),
    "import pydantic as p\nfrom pydantic import Field\nclass M(p.BaseModel):\n    a: str = p.Field(xyz='x')\nt'{1}'": (
        "For the JSON schema, write `json_schema_extra={'xyz': …}`."
    ),
    f"{MODEL}model_config = ConfigDict(extr='forbid')\nt'{{1}}'": "Did you mean `extra`?",
    f"import httpx\nx = 1\n{LOAD}client = httpx.AsyncClient()\n    await client.get('/')\nt'{{x}}'": (
        "load() makes `client` again for each request"
    ),
    f"import httpx\n{LOAD}await httpx.AsyncClient(timeout=5).get('/')\nt'{{1}}'": "`shared: Final = httpx.AsyncClient(",
    "import redis\nasync def stream():\n    yield redis.Redis().get('x')": "stream() makes redis.Redis() again",
    f"import httpx\n{LOAD}httpx.get('http://x')\nt'{{1}}'": "Use `httpx.AsyncClient`, and await it.",
    "def Card(children): return t'<div><slot /></div>{children}'\nt'<{Card}>a</{Card}>'": "Place {children} where the",
    "t'<><p>{1}</p></>'": "a t-string may hold several elements",
    "x = 'a'\nt'<p set:text={x}></p>'": "Write the value as the element's content.",
    "x = 'a'\nt'<script define:vars={x}>let y = 1</script>'": "<script>const name = {name}</script>",
    "t'<script is:inline>let y = {1}</script>'": "scripts and styles are sent as they are",
    "t'<style is:global>p {{}}</style>{1}'": "a style sheet is for the whole page",
    "t'<p client:load>{1}</p>'": "Components run on the server.",
    "name = 'a'\nt'<p>Hello ${name}</p>'": "`${name}` shows a dollar sign in front of the value",
    "x = 'a'\nt'<a href=\"/users/${x}\">a</a>'": "write `&dollar;{x}`",
    "x = 1.5\nt'<p>{x|round(1)}</p>'": "Write {round(x, 1)}.",
    "prerender = False\nt'<p>{1}'": "write `route(dynamic=True)`.",
    "def getStaticPaths(): return []\nt'<p>{1}'": "`hyper build` reads the paths from `static_paths`",
    "from hyperpy import session\nsession.permanent = True\nt'{1}'": "lasts for the setting `session-max-age`",
    "from hyperpy import session as s\ns.modified = True\nt'{1}'": "a session has no `modified`",
    "from hyperpy import response\nresponse.status = 404\nt'{1}'": "Write `response.status_code = …`.",
    "from hyperpy import Response\nr: Response\nr.mimetype = 'a/b'\nt'{1}'": 'response.headers["content-type"]',
    "from hyperpy import response\nresponse.cookies['a'] = 'b'\nt'{1}'": "Write `response.set_cookie(name, value)`.",
    f"{HANDLED}t'<form method=post>{{form.csrf_token}}<{{FormField}} of={{form.a}} /></form>'": "Forms need no token",
    f"{HANDLED}t'<form method=post>{{form.hidden_tag()}}</form>'": "a form has no `hidden_tag`",
    "from hyperpy import flash\nflash('a', category='error')\nt'{1}'": "Write `kind='error'`.",
}
FINE = (
    "from typing import Literal\nfrom hyperpy import Body\nx: Literal['a'] | str\nz: str | None\nt'{x}{z}'",
    "from hyperpy import Body, POST\nif POST:\n    y: int | str = Body()\n    print(y)\nt'{1}'",
    "x: int | str\nasync def load():\n    global x\n    x = 1\nt'{x}'",
    "t'<template shadowrootmode=open><slot name=a></slot></template>{1}'",
    "price, cost = 1, 2\nitem = {}\nt'<p>${price} ${cost:.2f} ${item[1]} US${item} ${len(item)} a <> b</p>'",
    "fare: float = 1\nt'<p>${fare}</p>'",
    "prerender = True\nt'<p>{prerender}'",
    "a, b = 1, 2\nt'<p>{a | b} {int | list}'",
    "class session:\n    permanent = False\nsession.permanent = True\nt'{session.permanent}'",
    "def flash(text, category): return text\nt'{flash(1, category=2)}'",
    "t'<ul><li>{1}<li>x</ul><p>x<div><p>y</div><table><tr><td>x</table></b>'",
    't\'<div><b>{1}<br><img src="/" alt="</div>"><!-- </div> --><script>"</div>"</script></b></div>\'',
    "t'<p>{1}<button><div>a</div></button></p><p>b<ul><li>c</ul><p>d<object><p>e</object></p>'",
    "print('a < b', '->')\nt'{1}'",
    "q: str = ' a\\n '\nq = q.strip()\nt'{q}'",
    "from hyperpy import Query\nq: str = Query('')\nq = q.strip()\nt'<input name=q value={q}>'",
    "n: int = 0\nn = n + 1\nfor m in range(3): n = max(n, m)\nt'{n}'",
    "from random import randint\nn: int = 0\nn = randint(n, 9)\nt'{n}'",
    "from typing import Final\nn: Final = 0\nm: int = 0\nm = max(m, n)\nt'{m}'",
    f"n: int = 0\n{LOAD}global n\n    n = abs(n)\nt'{{n}}'",
    f"{APP}@app.get('users')\ndef f(): pass\n@app.get\ndef g(): pass\nt'{{f()}}'",
    "import sys\nprint('<p>a</p>', file=sys.stderr)\nsys.stdout.write('a < b')\nt'{1}'",
    "import io\nfile = io.StringIO()\nprint('<p>a</p>', file=file)\nfile.write('<p>b</p>')\nt'{1}'",
    f"{CARD}t'<p><{{Card}} title=a><p>b<ul><li>c</ul></{{Card}}></p><{{Card}} title=d /></div>'",
    "t'<div><svg><path d=\"M0\"/><g/></svg>{1}</div>'",
    "t'</main><div>{1}'",
    "def Off(children): return None\nt'<{Off}>a</{Off}>'",
    "def Half(children): return t'{[c for c in (children,)]}'\nt'<{Half}>a</{Half}>'",
    f"{NOTE}t'<form method=post><input name=note>{{1}}</form><form><input name=other></form>'",
    f"{NOTE}t'<form hx-post=/r><input name=note>{{1}}</form>'",
    f"{NOTE}t'<form action=/search><input name=q>{{1}}</form>'",
    f"{NOTE}t'<form @submit=\"send()\"><input name=note>{{1}}</form>'",
    f"{NOTE}rest = {{'method': 'post'}}\nt'<form {{rest:**}}><input name=note></form>'",
    f"{NOTE}q: str = Query('')\nt'<form><input name=q value={{q}}></form>'",
    f"{NOTE}t'<form><input name=note>{{1}}<button formmethod=post>a</button></form>'",
    "t'<form><input name=note>{1}</form>'",
    f"{NOTE}t'<form method=post><input name=note>{{1}}</form>'",
    "from hyperpy import POST\nif POST:\n    a: str\nt'<form method=post action=\"?a=1\"><input name=a>{1}</form>'",
    "from hyperpy import Query\na: float = Query(1)\nb: str = Query(None)\nt'{a}{b}'",
    "t'<form method=post><button>{1}</button></form>'",
    f"{MODEL_FORM}t'<form method=post action=/a><input {{form.field(\"a\"):**}}></form>'",
    f"{NOTE}t'<form><button>{{1}}</button></form>'",
    "t'<!doctype html><html lang=en><head><title>a</title><body><dl><dt>a<dd>{1}</dl><p>b<ol><li>c</ol>'",
    "t'<table><caption>a</caption><colgroup><col><thead><tr><th>a<tbody><tr><td>{1}</table><select><optgroup><option>1</select>'",
    "async def stream():\n    yield t'<!doctype html><main><ul>'\n    yield t'<li>a'\n    yield t'</ul></main>'",
    "link = '/a'\nt'<p>{t\"<a href={link}>\" if link else None}b{t\"</a>\" if link else None}'",
    "from hyperpy import Markup\nstart, end = t'<section>', Markup('</section>')\nt'{start}a{end}'",
    "t'<p>{1}<my-card>a</my-card></p><ruby>a<rt>b</ruby><h1>a</h1><textarea><b></textarea>'",
    "import time, asyncio\nasync def load():\n    await asyncio.to_thread(lambda: time.sleep(1))\nt'{1}'",
    "import time\ndef pause(): time.sleep(1)\nt'{pause()}'",
    "import httpx\nasync def load():\n    async with httpx.AsyncClient() as c: await c.get('/')\nt'{1}'",
    "from hyperpy import fragment, htmx, render\nif htmx.fragment: render(fragments='a')\nt'<p id=a {fragment}></p>'",
    't\'<use href="/a.svg#x" /><path d="M0" /><p data-a=/b/>{1} className=x</p><my-card />\'',
    "t'<svg xmlns=\"http://www.w3.org/2000/svg\"><div /></svg>{1}'",
    f"{ROW}print(f'{{row(1)!r}}', repr(row(1)), len(f'{{len([row(1)])}}'))\nt'{{row(1)}}'",
    f"{ROW}from hyperpy import html\nt'{{len(str(html(row(1))))}}{{len(f\"{{html(row(1))}}\")}}'",
    "def row(n): return t'<li>{n}</li>' if n else 0\nrow(1)\ndef log(n): print(n)\nlog(1)\nt'{1}'",
    "items = [1]\nt'<p>{(n := len(items))} of {n} {[(m := x) for x in items]} {m}</p>'",
    "t'<br /><img src=\"/a.png\" /><script>x className=1</script>{1}'",
    "def C(**a): return t'{1}'\nt'<{C} disabled=\"false\"/><p draggable=false {1:**}><marquee loop=0></marquee>'",
    't\'<p @click="x; hidden = false ; y" :disabled="false">{1} hidden=false <!-- disabled=0 --></p>\'',
    "t'<script>let {1} = 2, hidden=false </script><input disabled=\"false {1}\" checked=true hidden=until-found>'",
    f"{REDIRECT}n: int\nname: str\nif n: redirect(f'/{{name}}?n={{n}}#{{name}}')\nt'{{1}}'",
    f"{REDIRECT}name: str = Query('', pattern='a*')\nif name: redirect(f'/a?b={{name}}')\nt'{{1}}'",
    f"{REDIRECT}name: str = Query('')\nif name in ('a', 'b'): redirect(f'/a?b={{name}}')\nt'{{1}}'",
    f"{REDIRECT}name: str\nif name.isalnum(): redirect(f'/a?b={{name}}')\nt'{{1}}'",
    f"{REDIRECT}name: str\ndef check_name(n): pass\ncheck_name(name)\nif POST: redirect(f'/a?b={{name}}')\nt'{{1}}'",
    f"{REDIRECT}name: str\nif name: redirect(f'/a?b={{quote(name)}}&c={{name!r}}')\nt'{{1}}'",
    f"{REDIRECT}import re\nname: str\nm = re.fullmatch('x', name)\nif m: redirect(f'/a?b={{name}}')\nt'{{1}}'",
    f"{REDIRECT}name: str\ntry: int(name)\nexcept ValueError: 1\nelse: redirect(f'/a?b={{name}}')\nt'{{1}}'",
    f"{REDIRECT}name: str\ndef get(n): return n\nif get(name) is None: 1\nelse: redirect(f'/a?b={{name}}')\nt'{{1}}'",
    f"{REDIRECT}name: str = Query('')\nname = quote(name)\nif name: redirect(f'/a?b={{name}}')\nt'{{1}}'",
    f"{REDIRECT}name: str\ndef go(name): redirect(f'/a?b={{name}}')\nif name: go('a')\nt'{{1}}'",
    f"{REDIRECT}name: str\nif name: redirect(f'{{name}}?a={{name}}')\nif POST: print(f'/a?b={{name}}')\nt'{{1}}'",
    f"{REDIRECT}query: str\nif query: redirect(f'/a?{{query}}')\nt'<a href=\"/a?b={{query}}\" title={{query}}>a</a>'",
    f"{REDIRECT}{FORM}if POST and form.ok: redirect(f'/a?n={{form.data.age}}&c={{form.data.code}}')\nt'{{1}}'",
    "q: str = ''\nif q: q = 'x'\nt'<input name=\"q\" value={q}>'",
    "from hyperpy import Query\nq: str = Query('')\nr: str = ''\nt'<input name=\"q\" value={q}><p name=r>{r}</p>'",
    f"q: str = ''\n{LOAD}global q\n    q = 'x'\nt'<input name=\"q\" value={{q}}>'",
    f"import httpx\n{LOAD}client = httpx.AsyncClient()\n    async with client: await client.get('/')\nt'{{1}}'",
    f"import httpx\n{LOAD}client = httpx.AsyncClient()\n    try: pass\n    finally: await client.aclose()\nt'{{1}}'",
    f"import httpx\nkey: str\n{LOAD}print(httpx.AsyncClient(headers=[key]))\nt'{{1}}'",
    "import asyncio\nasync def stream():\n    queue = asyncio.Queue()\n    yield await queue.get()",
    f"{MODEL}a: str = Field('', max_length=9, **{{}})\n    model_config = ConfigDict(extra='forbid')\nt'{{1}}'",
    "from hyperpy import response\nt'<?xml version=\"1.0\"?><Envelope>{1}</Envelope>'",
    f"n = 0\n{LOAD}global n\n    n = 1\nt'{{n}}'",
    "n = 0\nasync def events():\n    global n\n    n = 1\nt'{n}'",
    f"n = 0\n{LOAD}m = 1\n    return None\nt'{{n}}'",
    f"_n = 0\n{LOAD}_n = 1\nt'{{_n}}'",
    f"def f(n): return n\n{LOAD}n = 1\nt'{{f(2)}}'",
    "n = 0\ndef f():\n    n = 1\n    return n\nt'{n} {f()}'",
    "def load(): return 1\nasync def get():\n    global n\n    n = load()\nn = 0\nt'{n}'",
    "class A:\n    def get(self): return 1\nt'{A().get()}'",
    "n = 0\ndef count():\n    global n\n    n += 1\ncount()\nt'{n}'",
    "async def stream():\n    return\n    yield",
    "async def stream():\n    yield '5 < 7'\n    yield t'<b>x</b>'\n    yield {'data': '<b>x</b>'}",
    "name = 'x'\nt'<p>{{name}} {{{{ name }}}} {{ other }} {{ name: 1 }}</p>'",
    "name = 'x'\nt'<p x-data=\"{{ name }}\">{name}</p><script>f({{ name }})</script><style>a {{ name }}</style>'",
    "name = 'x'\nt'<!-- {{ name }} <Card> --><p>{name}</p>'",
    f"{CARD}t'<{{Card}} title=\"<Card>\">x</{{Card}}><DIV>x</DIV>'",
    'x = 1\nt\'<p>{"<b>"} {"a < b > c"} {"<b>x</b>":safe} {"<b>x</b>"!r}</p>\'',
    "from hyperpy import Markup\ndef note(x): return f'<b>{x}</b>'\nt'<p>{note(1):safe}{Markup(note(2))}</p>'",
    'from hyperpy import Markup\nt\'<p title={"<b>x</b>"}>{Markup("<b>x</b>")}</p>\'',
)


def warnings_of(write: Write, sources: Collection[str], name: str) -> dict[str, str]:
    """The warnings about some files, or why they can't be loaded."""
    files = {name.format(number): source for number, source in enumerate(sources)}
    folder = write(files)
    found = {
        entry.file: "\n".join(map(str, entry.warnings)) if isinstance(entry, Route) else str(entry.error)
        for entry in load_routes(folder).entries
    }
    return {source: found[str(folder / file)] for file, source in files.items()}


@pytest.mark.filterwarnings("ignore:Using extra keyword arguments on `Field`")
def test_mistakes_are_warned_about(write: Write) -> None:
    found = warnings_of(write, (*MISTAKES, *FINE), "r{}.py")
    assert {source: found[source] for source, expected in MISTAKES.items() if expected not in found[source]} == {}
    assert {source: found[source] for source in FINE if found[source]} == {}


def test_a_slot_is_warned_about_once(write: Write) -> None:
    pages = ("t'<main><slot /></main>{1}'", "t'<main><slot></main>{1}'", "t'<main>{1}</main><slot/>'")
    found = warnings_of(write, pages, "slot{}.py")
    assert [text.count("hyperpy's components have no slots") for text in found.values()] == [1, 1, 1]
    assert not [text for text in found.values() if "</slot>" in text]


NEAR = "`plant_id` is taken from the query, and nothing uses `id` from the path"
PARAMETERS = {
    f"plant_id: int{PAGE}": NEAR,
    f"order: str{PAGE}": "",
    f"plant_id: int\nid: int{PAGE}": "",
    f"from hyperpy import Query\nplant_id: int = Query(){PAGE}": "",
}


def test_an_input_beside_an_unused_parameter(write: Write) -> None:
    found = warnings_of(write, PARAMETERS, "p{}/{{id}}.py")
    assert [source for source, text in PARAMETERS.items() if (NEAR in found[source]) != bool(text)] == []
    assert [source for source, text in PARAMETERS.items() if found[source] and not text] == []


GUARDS = {
    "from hyperpy import redirect\ndef check(): redirect('/login')\nprint(1)": "so it refuses no request",
    "from hyperpy import redirect\ndef check(): redirect('/login')\ncheck()": "",
}


def test_functions_of_guards_that_nothing_calls(write: Write) -> None:
    found = warnings_of(write, GUARDS, "g{}/_guard.py")
    assert {source: text in found[source] and bool(text) == bool(found[source]) for source, text in GUARDS.items()} == (
        dict.fromkeys(GUARDS, True)
    )


BUILTIN = "`id` is Python's builtin here, not the `{id}` of the URL"
READ = {
    "t'<p>{id}</p>'": BUILTIN,
    f"from asyncio import sleep\nx = 1\n{LOAD}await sleep(id)\nt'{{x}}'": "Declare it at the top of the file",
    "x = []\nt'<p>{id(x)}</p>'": "",
    "t'<p>{[t\"{id}\" for id in (1, 2)]}</p>'": "",
    "id = 5\nt'<p>{id}</p>'": "",
    "id: str\nt'<p>{id}</p>'": "",
}


def test_a_parameter_that_is_not_declared(write: Write) -> None:
    found = warnings_of(write, READ, "b{}/{{id}}.py")
    assert {source: found[source] for source, text in READ.items() if text not in found[source] or not text} == {
        source: "" for source, text in READ.items() if not text
    }
    [text] = warnings_of(write, ["t'<p>{slug}</p>'"], "c{}/{{slug}}.py").values()
    assert "It is a parameter of the URL. Declare it: `slug: str`, or with another type" in text


@pytest.mark.filterwarnings("ignore:Using extra keyword arguments on `Field`")
def test_models_of_other_modules(write: Write) -> None:
    field = "from pydantic import BaseModel, Field\nclass {}(BaseModel):\n    a: str = Field({}='x')\n"
    folder = write({"_models.py": field.format("M", "patern"), "index.py": f"from routes._models import M{PAGE}"})
    [warning] = load_routes(folder).warnings
    assert warning.what == "`Field` has no keyword `patern`, and pydantic ignores it"
    assert (warning.place.file, warning.place.line) == (str(folder / "_models.py"), 3)


HELPERS = {
    "_base.py": "import time\ndef Layout(children): return t'<section>{\"<b>x</b>\"}{children}'\n"
    "def Half(): return t'<article>{1}'\nasync def slow():\n    time.sleep(1)\n",
    "one.py": "from routes._base import Layout\nt'<{Layout}>a</{Layout}>'",
    "two.py": "from routes._base import Half, Layout\nt'<{Layout}><{Half} />b</article></{Layout}>'",
    "other.py": "from components import Box\nt'<{Box}>a</{Box}>'",
}
BOX = "def Box(children, name=1): return t'<div>{{ name }}<i className=\"a\">{children}</div>'"


def test_what_routes_import(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "components.py").write_text(BOX)
    folder = write(HELPERS)
    with temporary_imports(tmp_path):
        warnings = load_routes(folder).warnings
    found = [(Path(w.place.file).name, w.place.line, w.what.partition(" ")[0]) for w in warnings]
    outside, base = ("components.py", 1), "_base.py"
    assert found == [
        *((*outside, word) for word in ("`{{", "browsers", "<i>")),
        *((base, line, word) for line, word in ((2, "the"), (5, "time.sleep()"), (2, "<section>"))),
    ]
