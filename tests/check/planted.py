"""A site with mistakes, by file: its text, and for each mistake in it the line and a part of the message."""

from collections.abc import Mapping
from typing import Final

type Mistakes = Mapping[int, str]

PLANTED: Final[Mapping[str, tuple[str, Mistakes]]] = {
    "app.py": (
        """\
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from hyperpy import Hyper

app = Hyper()
app.router.routes.append(Route("/legacy", lambda request: PlainTextResponse(""), methods=["GET"]))
app.router.routes.append(Mount("/admin", lambda scope, receive, send: None))
""",
        {},
    ),
    "parts.py": (
        """\
def Row(name, href="/"):
    return t'<li><a href={href}>{name}</a> <a href="/help">Help</a></li>'
""",
        {2: "href leads nowhere: nothing answers `/help`"},
    ),
    "static/app.css": ("p { color: red }\n", {}),
    "routes/_base.py": (
        """\
def Layout(children, title):
    return t'''<html>
        <link rel="stylesheet" href="/static/app.css"><link rel="icon" href="/static/icon.svg">
        <nav><a href="/">Start</a> <a href="/user">Users</a> <a href="https://example.org/x">Out</a></nav>
        <main id="main">{children}</main></html>'''
""",
        {3: "there is no file `icon.svg` in `static/`", 4: "href leads nowhere: nothing answers `/user`"},
    ),
    "routes/index.py": (
        """\
from parts import Row
from routes._base import Layout

names: list[str] = ["Ada"]
t'''<{Layout} title="Start" subtitle="x">
    <form action="/users" method="post"></form>
    <form action="/users/new"></form>
    <button hx-delete="/users/1">Delete</button>
    <button hx-put="/legacy">Put</button>
    <button data-on:click="@patch('/users/1')">Patch</button>
    <button data-on-click="@get('/nowhere')">Get</button>
    <p hx-get="/users/1/edit"></p>
    <{Row} />
    <{Row} name="x">Content</{Row}>
    {[t'<{Row} name={name} href={f"/people/{name}"} />' for name in names]}
    <a href="/users/{len(names)}/photos">Photos</a>
    <a href="/static/missing.png">x</a>
    <a href="user">Relative</a>
</{Layout}>'''
""",
        {
            5: "`Layout` has no parameter `subtitle`",
            6: "action leads nowhere: `/users` doesn't answer POST",
            8: "hx-delete leads nowhere: `/users/{user_id}` doesn't answer DELETE",
            9: "hx-put leads nowhere: `/legacy` doesn't answer PUT",
            10: "@patch() leads nowhere: `/users/{user_id}` doesn't answer PATCH",
            11: "@get() leads nowhere: nothing answers `/nowhere`",
            12: "hx-get leads nowhere: nothing answers `/users/1/edit`",
            13: "`Row` needs `name`",
            14: "`Row` accepts no content",
            16: "href leads nowhere: nothing answers `/users/…/photos`",
            17: "there is no file `missing.png` in `static/`",
            18: "href leads nowhere: nothing answers `/user`",
        },
    ),
    "routes/users/index.py": (
        """\
from hyperpy import fragment, redirect, render, request

if request.query_params.get("part"):
    render(fragments=["list", "lst"])
if request.query_params.get("old"):
    redirect("/members")
t'''<ul id="list" {fragment}></ul>
<p id="note">a</p>
{t'<p id="note">b</p>' if request.query_params else ""}
'''
""",
        {
            4: "there is no fragment `lst`",
            6: "redirect() leads nowhere: nothing answers `/members`",
            9: "the id `note` is on this page already, in line 8",
        },
    ),
    "routes/saved.py": (
        """\
from hyperpy import POST, fragment, render

def Whole():
    return t"{render()}"

if POST:
    t"<b>Saved</b>{render(fragments='new')}"
elif render(fragments="old"):
    t"<p>{render()}</p>{(lambda: render)()}"
else:
    t'''<p id="new" {fragment}><b class={render(fragments="new")}>{render(fragments="old")}</b></p>
    {t'<p id="old" {fragment}>{[render(fragments=["new", "old"]) for _ in "a"]}</p>'}{render(fragments="old")}'''
""",
        {
            7: "the page that is rendered here has no fragment `new`; line 11 has",
            9: "the page renders itself",
            11: "the fragment `new` renders itself",
            12: "the fragment `old` renders itself",
        },
    ),
    "routes/_half.py": (
        """\
from hyperpy import fragment

def half(): return t'<article {fragment}="half"><p>1</p>'
""",
        {3: "<article> has no end tag"},
    ),
    "routes/slots.py": (
        """\
def Columns(children, aside=None):
    return t'<section>{children}<aside>{aside}</aside></section>'

t'<{Columns}><nav slot="aside">1</nav></{Columns}>'
""",
        {4: 'components have no slots, so `slot="aside"` does nothing'},
    ),
    "routes/half.py": (
        """\
from hyperpy import render, request
from routes._half import half

if request.query_params.get("part"):
    render(fragments="half")
t'{half()}'
""",
        {},
    ),
    "routes/users/new.py": (
        """\
from hyperpy import POST, fragment

if POST:
    t"<p>Saved</p>"
else:
    t'''<form method="post" action="/users/new">
        <p {fragment}="row">1</p><p {fragment}="row">2</p>
        <button formaction="/users/drafts" formmethod="post">Draft</button></form>'''
""",
        {
            7: "the fragment `row` is on this page already",
            8: "formaction leads nowhere: `/users/{user_id}` doesn't answer POST",
        },
    ),
    "routes/users/{user_id}.py": (
        "user_id: int\nt'<p>{user_id}</p>'\n",
        {},
    ),
    "routes/greeting.py": (
        """\
from hyperpy import request

name = request.query_params.get("name", "")

def Greeting(word, /, *, sign, loud=False):
    return t'<p>{word} {name}{sign}</p>'

def Bye(word="Bye", *, sign):
    return t'<p>{word} {name}{sign}</p>'

t'''<{Greeting} word="Hi" sign="!" />
<{Bye} sing="!" />
{[t'<p id="one">{n}</p>' for n in name]}<p id="one"></p>'''
""",
        {
            11: "`Greeting` takes `word` by position only",
            12: "`Bye` has no parameter `sing`",
            13: "the id `one` is on this page already, in line 13",
        },
    ),
    "routes/contact.py": (
        "t'<h1>Write to us</h1> <form method=post><input name=text></form>'\n",
        {1: "this form leads nowhere: `/contact` doesn't answer POST"},
    ),
    "routes/live.py": (
        """\
t'''<div hx-ext="sse" sse-connect="/feed">
    <p sse-swap="news,nwes"></p>
    <p hx-get="/users/new" hx-trigger="sse:done"></p>
</div>
<div sse-connect="/users/new"></div>
<div sse-connect="/fed"></div>
'''
""",
        {
            2: "routes/feed.py never sends the event `nwes`",
            3: "routes/feed.py never sends the event `done`",
            5: "sse-connect needs a stream, and `/users/new` isn't one",
            6: "sse-connect leads nowhere: nothing answers `/fed`",
        },
    ),
    "routes/feed.py": (
        """\
import time

from hyperpy import Event

async def stream():
    yield "news", t"<p>1</p>"
    time.sleep(1)
    yield Event(t"<p>2</p>", event="news")
    yield {"event": "more", "data": 1}
""",
        {7: "time.sleep() in the `async def` stream() holds up every other request"},
    ),
    "routes/urls.py": (
        "from hyperpy import url\n\nt'<a href={url(\"/userz\")}>x</a>'\n",
        {3: "no route file for `/userz`"},
    ),
    "routes/assets.py": (
        "from hyperpy import asset\n\nt'<img src={asset(\"a.png\")}>'\n",
        {3: "there is no file `a.png`"},
    ),
    "routes/syntax.py": ("t'<p>{1</p>'\n", {1: "Python can't read this"}),
    "routes/arguments.py": (
        "from hyperpy import request\n\nasync def load(request):\n    pass\n\nt'<p>{request}</p>'\n",
        {3: "load() would never run"},
    ),
    "routes/text.py": (
        """\
name = "Ada"
t'''<div><p>{{ name }}</p>
<Card />
<b>{name}</div>
{f"<i>{name}</i>"}'''
""",
        {
            2: "is shown as the text `{ name }`",
            3: "`<Card>` is not an element of HTML",
            4: "<b> is still open where </div> ends",
            5: "the tags in this string are shown as text",
        },
    ),
    "routes/sends.py": (
        """\
from hyperpy import url

t'''<a href="/fixed?page=2">2</a> <a href="/fixed?page=3">3</a> <a href={url("/fixed", size=2)}>2</a>
<form action="/fixed"><input name="q"></form><input name="word" hx-get="/fixed?other=1">
<form method="post" action="/fixed"><textarea name="note"></textarea></form>'''
""",
        {},
    ),
    "routes/fixed.py": (
        """\
from hyperpy import POST, Query

page: int = 1
size = 10
q: str = ""
word = ""
note: str = ""
other: str = Query("")
if POST:
    t"<p>{note}</p>"
else:
    t'''<p>{page} {size} {q} {word.upper()} {other}</p>'''
""",
        {
            3: "`?page=` has no effect: `page` is always 1",
            4: "`?size=` has no effect: `size` is always 10",
            5: "`?q=` has no effect: `q` is always ''",
            6: "`?word=` has no effect: `word` is always ''",
            7: "the control `note` of a form has no effect",
        },
    ),
    "routes/sorted.py": (
        """\
sort: str = "new"
t'<a href="?sort=old">{sort}</a>'
""",
        {1: "`?sort=` has no effect: `sort` is always 'new'"},
    ),
    "routes/selectors.py": (
        """\
t'''<ul id="entries"></ul>
<button hx-get="/greeting" hx-target="#entires">1</button>
<button hx-get="/greeting" data-hx-indicator:inherited="closest #nowhere, #entries">2</button>
<button hx-get="/greeting" hx-target="#entries">3</button>'''
""",
        {2: "no element of the site has the id `entires`", 3: "no element of the site has the id `nowhere`"},
    ),
}
