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


def check(write: Write, mistakes: dict[str, str], fine: tuple[str, ...]) -> None:
    found = warnings_of(write, (*mistakes, *fine), "r{}.py")
    assert {source: found[source] for source, expected in mistakes.items() if expected not in found[source]} == {}
    assert {source: found[source] for source in fine if found[source]} == {}
