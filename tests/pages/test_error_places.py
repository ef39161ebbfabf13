"""An error of hyperpy's own names the line of the user's code that led to it, however deep in a page that stands."""

import re

import httpx

from tests.support.sites import Site

FORM = """
    from pydantic import BaseModel
    from hyperpy import POST, Form, FormField, flash, fragment, html, render, spawn
    from routes._fields import Fields, Inner, Labelled

    class Contact(BaseModel):
        name: str

    form: Form[Contact]
"""
FIELDS = """
    from hyperpy import FormField, html

    def Fields(form):
        return t'''
        <p>Name</p>
        <input {form.field("nmae"):**}>
        '''

    def Labelled(form):
        return t'''
        <{FormField} form={form} name="nmae" />
        '''

    def Inner(children):
        return html(t'''
        <p>
          {b"salt"}
        </p>''')
"""

# Below the declarations of FORM, whose last line is 8: the rest of a file, and where its error is.
MISTAKES = {
    "form.fail(nmae='Taken.')\nt''": "index.py:9",
    "spawn(1)\nt''": "index.py:9",
    "t'''\n<p>\n{form.field('nmae')}</p>'''": "index.py:11",
    "t'''\n<p>é {form.errors.nmae}</p>'''": "index.py:10",
    "t'''\n<p>\n{b'salt'}</p>'''": "index.py:11",
    "t'''\n<p>\n<{Fields} {form} />'''": "_fields.py:6",
    "t'''\n<p>\n<{Labelled} {form} />'''": "_fields.py:11",
    "t'''\n<p>\n<{Inner}>x</{Inner}>'''": "_fields.py:17",
    "render(fragments='a')\nt'''\n<p id=a {fragment}>\n{form.values.nmae}</p>'''": "index.py:12",
    "async def load():\n    flash(1)\nt''": "index.py:10",
    "async def load():\n    form.data\nt''": "index.py:10",
    "def shown():\n    return form.data\nt'''\n<p>\n{shown()}</p>'''": "index.py:10",
}


async def test_an_error_names_the_line_that_led_to_it(site: Site):
    found = {}
    for rest in MISTAKES:
        response = await _answer(site, rest)
        assert response.status_code == 500, rest
        place = re.search(r"(\w+\.py:\d+)  ", response.text)
        found[rest] = place[1] if place else response.text
    assert found == MISTAKES


async def test_the_expression_is_underlined(site: Site):
    response = await _answer(site, "t'''\n<p>é {form.errors.nmae}</p>'''")
    assert "  &gt; 10 | &lt;p&gt;é {form.errors.nmae}&lt;/p&gt;" in response.text
    assert "\n" + " " * 15 + "^" * len("form.errors.nmae") in response.text


async def _answer(site: Site, rest: str) -> httpx.Response:
    lines = [line.removeprefix("    ") for line in FORM.strip("\n").splitlines()]
    async with site({"index.py": "\n".join([*lines, rest]), "_fields.py": FIELDS}, debug=True) as client:
        return await client.get("/")
