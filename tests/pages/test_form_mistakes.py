"""Errors for developers whose form can't work as written, and would only be refused for visitors."""

import re
from html import unescape

import pytest

from tests.support.sites import Site

MODEL = """
    from pydantic import BaseModel
    from hyperpy import POST, Form, FormField, UploadFile

    class Part(BaseModel):
        name: str

    class Tool(BaseModel):
        name: str
        weight: int
        tags: list[int] = []
        part: Part | None = None
        parts: list[Part] = []
        sizes: dict[str, int] = {}
        photo: UploadFile | None = None

    form: Form[Tool]
    if POST and form.ok:
        t'ok'
    else:
        t'''<form method="post">%s</form>'''
"""

NO_CONTROL = {
    "part": ("`part` is a model, which one control can't hold", "`part.name`"),
    "parts": ("`parts` is a list of models, which one control can't hold", "`parts[{row}].name`"),
    "sizes": ("`sizes` is a mapping, which one control can't hold", "`sizes.key`"),
    "parts.name": ("`parts` has no field `name`", "`parts[0].name`"),
}


async def test_a_field_that_no_control_can_hold_is_an_error(site: Site):
    found = {}
    for name, expected in NO_CONTROL.items():
        for control in ("<{FormField} {form} name='%s' />", "<input {form.field('%s'):**}>"):
            async with site({"index.py": MODEL % (control % name)}, debug=True) as client:
                text = unescape((await client.get("/")).text)
            if not all(part in text for part in expected):
                found[control % name] = text
    assert found == {}
    fit = "".join(f"<input {{form.field('{name}'):**}}>" for name in ("part.name", "parts[1].name", "sizes.xl", "tags"))
    async with site({"index.py": MODEL % fit}, debug=True) as client:
        assert (await client.get("/")).status_code == 200


NAME, WEIGHT = "{form.field('name'):**}", "{form.field('weight'):**}"
# What a page shows of the form, what is submitted, and the fields whose problems the page doesn't show.
SHOWN = [
    (f"<input {NAME}>", {"name": "Saw"}, ["`weight`"]),
    (f"<input {NAME}><input {WEIGHT}>", {}, []),
    (f"<input {NAME}>{{form.errors}}", {}, []),
    (f"<input {NAME}>{{form.errors.weight}}", {}, []),
    (f"<input {NAME}>{{[text for _, text in form.errors]}}", {}, []),
    (f"<input {NAME}>{{t'<p>No.</p>' if form.errors else ''}}", {}, ["`weight`"]),
    (f"<input {NAME}>{{t'<p>No.</p>' if 'weight' in form.errors else ''}}", {}, ["`weight`"]),
    ("<{FormField} {form} name='name' /><{FormField} {form} name='weight' />", {}, []),
    (f"<input {NAME}><input {WEIGHT}>{{form.errors.tags}}", {"name": "Saw", "weight": "1", "tags": "x"}, []),
    (f"<input {NAME}><input {WEIGHT}>", {"name": "Saw", "weight": "1", "tags": "x"}, ["`tags[0]`"]),
    (f"<input {NAME}>", {"name": "Saw", "weight": "1"}, []),
]


async def test_problems_that_a_page_does_not_show_are_logged(site: Site, caplog: pytest.LogCaptureFixture):
    for shown, submitted, hidden in SHOWN:
        caplog.clear()
        async with site({"index.py": MODEL % shown}, debug=True) as client:
            await client.post("/", data=submitted)
        assert re.findall(r"refused because of (\S+),", caplog.text) == hidden, (shown, submitted)
        assert ("index.py:20  the form was refused" in caplog.text) is bool(hidden)
    caplog.clear()
    async with site({"index.py": MODEL % f"{{form.fail('No.')}}<input {NAME}><input {WEIGHT}>"}, debug=True) as client:
        await client.post("/")
    assert "refused because of the whole form, and the page doesn't show that: No." in caplog.text


async def test_in_production_they_are_not(site: Site, caplog: pytest.LogCaptureFixture):
    async with site({"index.py": MODEL % f"<input {NAME}>"}) as client:
        assert (await client.post("/")).status_code == 422
    assert "refused" not in caplog.text


async def test_a_forgotten_enctype_is_logged(site: Site, caplog: pytest.LogCaptureFixture):
    """Browsers then send the name of the file, or an empty text if none was chosen."""
    async with site(
        {"index.py": MODEL % f"<input {NAME}><input {WEIGHT}><input {{form.field('photo'):**}}>"}
    ) as client:
        await client.post("/", data={"name": "Saw", "weight": "1", "photo": ""})
        assert "enctype" not in caplog.text
        await client.post("/", data={"name": "Saw", "weight": "1", "photo": "saw.png"})
        assert "`photo` came as text, not as a file" in caplog.text
        assert 'enctype="multipart/form-data"' in caplog.text


async def test_a_file_for_a_field_of_another_type_is_logged(site: Site, caplog: pytest.LogCaptureFixture):
    page = MODEL.replace("UploadFile | None", "bytes | None") % "{form.errors}"
    async with site({"index.py": page}) as client:
        await client.post("/", data={"name": "Saw", "weight": "1"}, files={"photo": ("saw.png", b"x")})
    assert "`photo` came as a file, and its type takes none. Declare it: `photo: UploadFile`" in caplog.text


async def test_a_method_that_is_not_allowed_is_explained_to_developers(site: Site):
    files = {"index.py": "t'x'", "save.py": "from hyperpy import POST, redirect\nif POST:\n    redirect('/')"}
    async with site(files, debug=True) as client:
        text = (await client.post("/", headers={"Accept": "text/html"})).text
        assert "index.py answers GET, HEAD, OPTIONS. To answer POST, import POST from hyperpy" in text
        text = (await client.get("/save")).text
        assert text.endswith("save.py answers OPTIONS, POST.")
        assert "To answer" not in (await client.request("TRACE", "/")).text
    async with site(files) as client:
        assert (await client.post("/")).text == "Method Not Allowed"
