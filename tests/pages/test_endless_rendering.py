"""A page or fragment that renders itself is an error, not an endless recursion."""

import pytest

from hyperpy import Hyper
from tests.support.clients import client_of
from tests.support.sites import write_files

IMPORTS = "from hyperpy import POST, fragment, render, session\nfrom routes._parts import *\n"
PARTS = """\
from hyperpy import fragment, render
def Again(): return render()
def Part(name): return render(fragments=name)
async def Late(): return render(fragments="late")
def Marked(name): return t"<p {fragment}={name}>marked</p>"
"""
ENDLESS = {
    "t'<p>{render()}</p>'": "the page renders itself",
    "t'<{Again} />'": "the page renders itself",
    "t'<p id=a {fragment}>{Again()}</p>'": "the page renders itself",
    "t'<p id=a {fragment}>{render(fragments=\"a\")}</p>'": "the fragment `a` renders itself",
    "t'<p id=a {fragment}><{Part} name=\"a\" /></p>'": "the fragment `a` renders itself",
    't\'<p id=a {fragment}>{Part("b")}</p><p id=b {fragment}>{Part("a")}</p>\'': "the fragment `b` renders itself",
    't\'<{Marked} name="a" />{Part("a")}\'': "the page renders its fragment `a`, which can only be found by",
    "if 'x' in str(POST):\n    t'<p id=a {fragment}></p>'\nelse:\n    t'{Part(\"a\")}'": (
        "the page that this request has reached has no fragment `a`; line 4 has"
    ),
    "if 'x' in str(POST):\n    t'<p id=a {fragment}></p>'\nelse:\n    t'b'\nrender(fragments='a')": (
        "the page that this request has reached has no fragment `a`; line 4 has"
    ),
    "t'{Part(\"a\")}'": "the page renders its fragment `a`, which can only be found by",
}
FINE = {
    't\'<p id=a {fragment}>A</p>{Part("a")}{Part("a")}\'': 3,
    't\'<p id=a {fragment}>A</p><p id=b {fragment}>{Part("a")}</p>{Part("b")}{Part("a")}\'': 4,
}


async def answers(tmp_path, sources):
    files = {f"p{index}.py": IMPORTS + source for index, source in enumerate(sources)}
    app = Hyper(write_files(tmp_path / "routes", {"_parts.py": PARTS, **files}), static=None)
    async with client_of(app) as client:
        return [await client.get(f"/p{index}") for index in range(len(files))]


@pytest.mark.parametrize("source", ENDLESS)
async def test_what_renders_itself_is_an_error(source, tmp_path, caplog):
    [response] = await answers(tmp_path, [source])
    assert response.status_code == 500
    assert ENDLESS[source] in caplog.text
    assert "RecursionError" not in caplog.text


async def test_fragments_of_the_page_can_be_rendered_in_it(tmp_path):
    got = await answers(tmp_path, FINE)
    assert [response.text.count(">A<") for response in got] == list(FINE.values())


async def test_an_async_component_may_render_a_fragment_of_the_page(tmp_path):
    [response] = await answers(tmp_path, ["t'<{Late} />{Marked(\"late\")}'"])
    assert response.text == "<p>marked</p>" * 2
