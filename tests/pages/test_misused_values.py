"""Warnings about values that are lost, that never change, or that are sent as something else than is meant."""

from tests.pages.test_likely_mistakes import warnings_of
from tests.support.sites import Write

LIST = "t\"<ul>{[t'<li>{x}' for x in xs]}</ul>\""
AWAY = f"redirect('/')\n{LIST}"
NOTE = "from hyperpy import POST, Form, redirect\nnote: str = Form('')\n"
READ = """from hyperpy import POST, redirect, request
xs = []
async def load():
    if POST:
        form = await request.form()
"""
LOST = {
    f"{NOTE}xs = []\nif POST and note.strip(): xs.append(note.strip())\n{LIST}": "this change is lost at its end",
    f"{NOTE}xs: list[dict] = [{{}}]\nif POST:\n    if note:\n        xs.insert(0, {{'a': note}})\n    {AWAY}": (
        "`xs: Final[list[dict]] = [{}]`, with `from typing import Final`."
    ),
    f"{NOTE}xs = dict()\nif POST:\n    xs[1] = note\n    raise redirect('/')\n{LIST}": "`xs` is made for each request",
    f"{NOTE}xs = ['a', 'b']\nif POST:\n    for x in note: xs.remove(x)\n    print(1)\n    {AWAY}": "`xs` is",
    f"{NOTE}xs = ['a']\nif POST:\n    del xs[0]\n    {AWAY}": "`xs` is made for each request",
    f"{READ}        xs.append({{'a': form['a']}})\n{LIST}": "`xs` is made for each request",
    f"{READ}        xs.append(form['a'])\n        return {AWAY}": "`xs` is made for each request",
    "n = 0\nn += 1\nt'{n}'": "`n: Final = [0]`, and use `n[0]`",
    "n = 0\nasync def load():\n    global n\n    n += 1\nt'{n}'": "`n` is made for each request",
    f"{NOTE}n = {{'a': 0}}\nif POST: n['a'] += 1\nt'{{n[\"a\"]}}'": "`n: Final = {'a': 0}`",
    f"{NOTE}n = 5\nif POST:\n    n += 2\n    redirect('/')\nt'{{n}}'": "`n` is made for each request",
}
KEPT = (
    f"{NOTE}xs = []\nif POST:\n    if not note: xs.append('none')\n    if not xs: redirect('/')\n{LIST}",
    f"{NOTE}xs = {{}}\nif POST:\n    if note: redirect('/')\n    xs['a'] = note\nt'{{xs}}'",
    f"{NOTE}xs = []\nif POST:\n    for x in note.split(): xs.append(x)\n{LIST}",
    f"{NOTE}xs = []\nif POST and not note.isalpha(): xs.append(note)\n{LIST}",
    f"{NOTE}xs = []\nif POST: xs.append(f'Saved {{note}}')\n{LIST}",
    f"{NOTE}xs = []\nif POST: xs.append(note.upper())\n{LIST}",
    f"{NOTE}xs = []\nif POST:\n    xs.append(note)\n    print(xs)\n    {AWAY}",
    f"{NOTE}xs = []\nys = {{'a': xs}}\nif POST:\n    xs.append(note)\n    print(ys)\n    {AWAY}",
    f"{NOTE}xs = []\ndef f(): print(xs)\nif POST:\n    xs.append(note)\n    f()\n    {AWAY}",
    f"{NOTE}xs = []\nif POST:\n    for x in note:\n        if x not in xs: xs.append(print(x))\n    {AWAY}",
    f"{NOTE}xs = []\nif POST:\n    xs.append(note)\n    globals()['xs']\n    {AWAY}",
    f"from typing import Final\n{NOTE}xs: Final = []\nif POST: xs.append(note)\n{LIST}",
    f"{NOTE}step = 1\nif POST: step += 1\nt'Step {{step}}'",
    "xs = ['card']\nkind: str\nxs.append(kind)\nt'<p class={xs}>'",
    "n = 0\nfor x in (1, 2): n += 1\nt'{n}'",
    "n, big = 3, True\nif big: n += 1\nt'{n}'",
)


def test_changes_that_are_lost(write: Write) -> None:
    check(write, LOST, KEPT)


STREAM = "import json\nasync def stream():\n    d = {'a': 1}\n    "
HAND_MADE = {
    f"{STREAM}yield json.dumps(d)": "Yield the value itself: `yield JSON(d)`.",
    f"{STREAM}text = json.dumps(d)\n    while True: yield text": "this JSON is sent as text for a page",
    f"{STREAM}yield json.dumps(d) + '\\n'": "`yield JSON(d)`. Import it: `from hyperpy import JSON`.",
    f"{STREAM}yield 'tick', json.dumps(d, indent=2)": "`yield 'tick', JSON(d)`",
    f"{STREAM}yield {{'event': 'tick', 'data': json.dumps(d)}}": '`"data": JSON(d)`',
    f"{STREAM}d = M()\n    yield d.model_dump_json()\nfrom pydantic import BaseModel as M": "`yield JSON(d)`",
    f"{STREAM}yield f'data: {{json.dumps(d)}}\\n\\n'": "Yield its data alone: `yield JSON(d)`.",
    f"{STREAM}yield 'data: ' + json.dumps(d) + '\\n\\n'": "Yield its data alone: `yield JSON(d)`.",
    f"{STREAM}yield f'event: tick\\ndata: {{d}}\\n\\n'": "Yield its data alone: `yield 'tick', d`.",
    f"{STREAM}yield f'event: {{d}}\\ndata: {{d}}\\n\\n'": '`yield {"event": name, "data": data}`',
    f"{STREAM}yield 'data: a\\n\\n'.encode()": "Yield its data alone: `yield 'a'`.",
    f"{STREAM}yield f'data: <b>{{d}}</b>\\n\\n'": 'Yield its data alone: `yield t"<p>{news}</p>"`.',
    f"{STREAM}yield ': ping\\n\\n'": "hyperpy sends a comment when a stream is silent.",
    "def f(x): return f'data: {x}\\n\\n'\nasync def stream():\n    yield f(1)": "hyperpy frames it again",
}
SENT_AS_MEANT = (
    f"{STREAM}yield 'data: 5'\n    yield 'event: tonight\\n'\n    yield 'data: a\\nb'\n    yield 'a data: 5\\n\\n'",
    f"{STREAM}yield t'<pre>{{json.dumps(d)}}</pre>'\n    yield json.dumps(d)",
    f"{STREAM}yield json.dumps(d)\nt'<p hx-ext=sse sse-connect=/ sse-swap=message>{{1}}</p>'",
    f"{STREAM}yield d['a'], len(json.dumps(d))",
    f"{STREAM}text = 'a'\n    text = json.dumps(d)\n    yield text",
    "from hyperpy import StreamingResponse as S\nasync def f():\n    yield 'data: a\\n\\n'\nresponse = S(f())",
)


def test_events_that_a_stream_encodes_itself(write: Write) -> None:
    check(write, HAND_MADE, SENT_AS_MEANT)


JSON = "import json\nd = {'a': 1}\ns = json.dumps(d)\n"
IN_SCRIPTS = {
    f"{JSON}t'<script>const a = {{json.dumps(d)}}</script>'": "Write the value itself: {d}.",
    f"{JSON}t'<script>let a = {{s}};</script>'": "this JSON becomes a string here",
    "import json\nt'<script>let a = {json.dumps([{1: 2}])};</script>'": "Write the value itself: {[{1: 2}]}.",
    "import json\nt'<script>let a = {json.dumps({1: 2})};</script>'": "Write the value itself: { {1: 2} }.",
    f"{JSON}t'<script type=application/json id=a>{{s}}</script><script>JSON.parse(a.text)</script>'": "a string",
    f"{JSON}t'<div x-data={{s}}></div>'": "this JSON becomes a string here",
    "t'<p style={ {\"backgroundColor\": 1} }></p>'": "Write `background-color`.",
    "t'<p style={ {\"webkitTransform\": 1} }></p>'": "Write `-webkit-transform`.",
}
AS_IT_IS = (
    f"{JSON}t'<script>const a = JSON.parse({{json.dumps(d)}})</script>'",
    f"{JSON}t'<script>const a = {{s}}; f(a).body = 1; fetch(\"/\", {{{{body: a}}}})</script>'",
    f"{JSON}t'<script>f({{s}}, {{d}}); const b = {{d}}</script><p data-a={{s}} hx-vals={{s}}>const a = {{s}}</p>'",
    't\'<p style={ {"--fooBar": 1, "color": "red"} }></p>\'',
)


def test_values_in_scripts_and_styles(write: Write) -> None:
    check(write, IN_SCRIPTS, AS_IT_IS)


WITH_DEFAULTS = {
    "n = 0\nasync def load(page: int = 1):\n    global n\n    n = page\nt'{n}'": (
        "load() is called without arguments, so `page` is always 1"
    ),
    "n = 0\nasync def load(*, q=''):\n    global n\n    n = q\nt'{n}'": "at the top of the file: `q: str = Query('')`",
    "async def stream(n: int | None = None):\n    yield n": "`n: int | None = Query(None)`. Import it",
    "from hyperpy import Request\nasync def load(request: Request = None): pass\nt'{1}'": "`request: Request`",
}
GIVEN = (
    "async def load(page=1):\n    global n\n    n = page\nasync def stream():\n    await load(2)\n    yield n\nt'{n}'",
    "def on(f): return f\n@on\nasync def load(page=1): pass\nt'{1}'",
    "db = {}\nasync def load(db=db, **rest): pass\nt'{1}'",
)


def test_parameters_that_hyperpy_does_not_fill(write: Write) -> None:
    check(write, WITH_DEFAULTS, GIVEN)
    [text] = warnings_of(write, ["async def stream(id: int = 0):\n    yield id"], "c{}/{{id}}.py").values()
    assert "write at the top of the file: `id: int`." in text


def check(write: Write, mistakes: dict[str, str], fine: tuple[str, ...]) -> None:
    found = warnings_of(write, (*mistakes, *fine), "r{}.py")
    assert {source: found[source] for source, expected in mistakes.items() if expected not in found[source]} == {}
    assert {source: found[source] for source in fine if found[source]} == {}
