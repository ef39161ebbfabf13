"""Forms and other inputs from the body, in a route: what is bound, when, and with which status."""

import re
from itertools import product
from typing import Any

import httpx
import pytest

from hyperpy import Hyper
from hyperpy.exceptions import RouteError
from hyperpy.pages.request.route_request import LARGE
from tests.support.clients import client_of
from tests.support.sites import Site, Write

CONTACT = """
    from pydantic import BaseModel, Field
    from hyperpy import DELETE, PATCH, POST, PUT, Body, File, Form, FormField, UploadFile, redirect, render, fragment
    from hyperpy import request, response

    class Contact(BaseModel):
        name: str = Field(max_length=5)
        age: int | None = None
        news: bool = False
"""
FORM = "application/x-www-form-urlencoded"
SHOWN = 't"{str(form.is_bound)}|{str(form.ok)}|{form.values.name}|{[name for name, _ in form.errors]}"'


def contact(text: str) -> str:
    return CONTACT + text


async def text_of(site: Site, source: str, method: str = "POST", **options: Any) -> tuple[int, str]:
    async with site({"index.py": contact(source)}) as client:
        response = await client.request(method, "/", **options)
    return response.status_code, response.text


@pytest.mark.parametrize(
    "declared", ["form: Form[Contact]", "form: Form[Contact] = Form()", "form: 'Form[Contact]' = Form(id_prefix='x')"]
)
async def test_a_form_is_bound_by_the_methods_that_submit_one(site: Site, declared: str):
    source = contact(f"    {declared}\n    POST, PUT, PATCH, DELETE\n    {SHOWN}")
    table: list[tuple[str, dict[str, Any], tuple[int, str]]] = [
        ("GET", {}, (200, "False|False||")),
        ("GET", {"params": {"name": "Ada"}}, (200, "False|False||")),
        ("DELETE", {}, (200, "False|False||")),
        ("POST", {}, (422, "True|False||name")),
        ("PUT", {"data": {"name": "Ada"}}, (200, "True|True|Ada|")),
        ("PATCH", {"data": {"name": "Augusta"}}, (422, "True|False|Augusta|name")),
        ("POST", {"data": {"name": "Ada"}, "files": {"x": ("a", b"b")}}, (200, "True|True|Ada|")),
        ("POST", {"json": {"name": "Ada"}}, (200, "True|True|Ada|")),
        ("POST", {"json": {"name": 5, "age": "x"}}, (422, "True|False|5|nameage")),
        ("POST", {"json": ["x"]}, (422, "True|False||form")),
        ("POST", {"content": b"name=Ad%ffa", "headers": {"content-type": FORM}}, (200, "True|True|Ad\ufffda|")),
        ("POST", {"content": b"name=Ad\xffa", "headers": {"content-type": f"{FORM}; charset=latin-1"}},
         (200, "True|True|Ad\ufffda|")),
        ("POST", {"content": b"", "headers": {"content-type": "text/csv"}}, (422, "True|False||name")),
    ]  # fmt: skip
    async with site({"index.py": source}) as client:
        answers = [await client.request(method, "/", **options) for method, options, _ in table]
    assert [(answer.status_code, answer.text) for answer in answers] == [expected for *_, expected in table]


async def test_what_a_visitor_can_send_is_never_a_500(site: Site):
    source = contact(
        """
    form: Form[Contact]
    if PUT:
        items: list[Contact] = Body()
    if PATCH:
        photo: UploadFile = File()
        name: str = Form()
    POST
    t"ok"
    """
    )
    part = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n'
    multipart, as_json = "multipart/form-data; boundary=x", "application/json"
    deep = b"[" * 100_000 + b"]" * 100_000
    table: list[tuple[str, str, bytes, set[int]]] = [
        ("POST", "text/plain", b"name=Ada", {415}),
        ("POST", "", b"name=Ada", {415}),
        ("PUT", FORM, b"name=Ada", {422}),
        ("PUT", "text/plain", b"[]", {415}),
        ("POST", as_json, b"{", {400}),
        ("POST", as_json, b"\xff", {400}),
        ("POST", as_json, deep, {400}),
        ("PUT", as_json, deep, {400}),
        ("PUT", as_json, b'{"name": "\\ud800"}', {400}),
        ("PUT", as_json, b"NaN", {400}),
        ("PUT", as_json, b'[{"name": "Ada"}, {"age": "x"}]', {422}),
        ("PUT", as_json, b"1" * 5000, {400, 422}),
        ("PUT", as_json, b"[" + b"1," * 50_000 + b"1]", {422}),
        ("PUT", as_json, b"[" + b"1," * 500_000 + b"1]", {400}),
        ("PUT", as_json, b"", {422}),
        ("POST", as_json, '\ufeff{"name": "Ada"}'.encode(), {200}),
        ("POST", as_json, '{"name": "Ada"}'.encode("utf-16"), {200}),
        ("POST", FORM, b"&".join([b"a=1"] * 1001), {400}),
        ("POST", FORM, b"&".join([b"name=1"] * 1000), {200}),
        ("POST", FORM, b"name=" + b"x" * 1_100_000, {400}),
        ("POST", FORM, b"%=%zz&=&&name[=1&name]=2&name[][]=3", {422}),
        ("POST", multipart, b"", {422}),
        ("POST", multipart, b"nonsense", {400}),
        ("POST", "multipart/form-data", part + b"Ada\r\n--x--\r\n", {400}),
        ("POST", multipart, part + b"Ada", {400}),
        ("POST", multipart, part + b"A\xffa\r\n--x--\r\n", {200}),
        ("POST", multipart, part + b"x" * 1_100_000 + b"\r\n--x--\r\n", {400}),
        ("POST", multipart, (part + b"1\r\n") * 1001 + b"--x--\r\n", {400}),
        ("POST", f"{multipart}; charset=punycode", part + b"Ada\r\n--x--\r\n", {400}),
        ("PATCH", FORM, b"photo=a.png&name=b", {422}),
        ("PATCH", multipart, part + b"Ada\r\n--x--\r\n", {422}),
    ]
    wrong = []
    async with site({"index.py": source}) as client:
        for method, kind, body, expected in table:
            answer = await client.request(method, "/", content=body, headers={"content-type": kind} if kind else {})
            if answer.status_code not in expected or "Traceback" in answer.text:
                wrong.append(f"{method} {kind} {body[:40]!r}: {answer.status_code}")
    assert not wrong


async def test_a_rendered_answer_with_a_refused_form_is_422(site: Site):
    table = [
        ('t"<p>"', 422),
        ('response.status_code = 200\n    t"<p>"', 200),
        ('response.status_code = 409\n    t"<p>"', 409),
        ('t"<p id=x {fragment}></p>"\n    render(fragments="x")', 422),
        ('response.status_code = 409\n    t"<p id=x {fragment}></p>"\n    render(fragments="x")', 409),
        ('async def load():\n        return render(fragments="x")\n    t"<p id=x {fragment}></p>"', 422),
        ("async def load():\n        return dict(form.errors)", 422),
        ('async def later():\n        return "x"\n    t"<p>{later()}"', 422),
        ('if form.errors:\n        redirect("/")\n    t"<p>"', 303),
        ('async def stream():\n        yield t"<p>"', 200),
        ('async def load():\n        form.fail(name="Taken.")\n    t"<p>"', 422),
    ]
    wrong = []
    for text, expected in table:
        status, body = await text_of(site, f"    form: Form[Contact]\n    POST\n    {text}\n", data={"age": "x"})
        if status != expected:
            wrong.append(f"{text}: {status} {body}")
    assert not wrong
    failed = '    form: Form[Contact]\n    if POST and form.ok:\n        form.fail("No.")\n    t"{form.errors.form}"'
    assert await text_of(site, failed, data={"name": "Ada"}) == (
        422,
        '<span id="form-error" class="field-error" role="alert" tabindex="-1" autofocus>No.</span>',
    )


async def test_initial_values_are_evaluated_where_they_stand_and_only_if_shown(site: Site):
    source = """
    seen = []

    def first(name):
        seen.append(name)
        return {"name": name}

    user = "Ada"
    form: Form[Contact] = Form(initial=first(user))
    user = "Bob"
    POST
    t"{form.values.name}|{seen}"
    """
    assert await text_of(site, source, "GET") == (200, "Ada|Ada")
    assert await text_of(site, source, data={"name": "Eve"}) == (200, "Eve|")


async def test_a_form_stands_under_a_condition(site: Site):
    source = """
    if POST:
        form: Form[Contact]
        t"{form.values.name}"
    else:
        t"nothing"
    """
    assert await text_of(site, source, "GET") == (200, "nothing")
    assert await text_of(site, source, data={"name": "Ada"}) == (200, "Ada")
    late = """
    shown = request.query_params.get("shown")
    if shown:
        form: Form[Contact] = Form()
        POST
        t"{form.values.name}"
    else:
        t"nothing"
    """
    assert await text_of(site, late, params={"shown": "1"}, data={"name": "Ada"}) == (200, "Ada")


async def test_a_stream_has_its_form_too(site: Site):
    source = """
    if POST:
        form: Form[Contact]

        async def stream():
            yield f"{form.ok} {form.values.name}"
    else:
        t"page"
    """
    status, text = await text_of(site, source, data={"name": "Ada"})
    assert status == 200
    assert "data: True Ada" in text


STRICT = """
    class Item(BaseModel):
        name: str
        count: int = 1

    if POST:
        name: str = Form(min_length=3)
        tags: list[str] = Form()
        agree: bool = Form()
        age: int | None = Form()
        size: str = Form("m", alias="the-size")
        contact: Contact = Form()
    if PUT:
        items: list[Item] = Body()
    if PATCH:
        raw: bytes = Body()
    if DELETE:
        note: Item | None = Body()

    async def load():
        if POST:
            return {"name": name, "tags": tags, "agree": agree, "age": age, "size": size, "contact": contact.name}
        if PUT:
            return items
        if PATCH:
            return {"raw": raw.decode()}
        if DELETE:
            return {"note": note}
        return []
"""


async def test_strict_inputs_take_a_value_or_name_each_field(site: Site):
    table: list[tuple[str, dict[str, Any], int, object]] = [
        ("GET", {}, 200, []),
        ("POST", {"content": b"name=Adam&tags=a&tags=b&agree=on", "headers": {"content-type": FORM}}, 200, {
            "name": "Adam", "tags": ["a", "b"], "agree": True, "age": None, "size": "m", "contact": "Adam"
        }),
        ("POST", {"data": {"name": "Adam", "age": "7", "the-size": "xl"}}, 200, {
            "name": "Adam", "tags": [], "agree": False, "age": 7, "size": "xl", "contact": "Adam"
        }),
        ("POST", {"json": {"name": "Adam", "tags": ["a"], "agree": True}}, 200, {
            "name": "Adam", "tags": ["a"], "agree": True, "age": None, "size": "m", "contact": "Adam"
        }),
        ("POST", {"data": {"name": "Al", "age": "x"}}, 422, {
            "name": "Enter at least 3 characters.", "age": "Enter a whole number."
        }),
        ("POST", {}, 422, {"name": "This field is required.", "contact": "is required"}),
        ("PUT", {"json": [{"name": "a"}]}, 200, [{"name": "a", "count": 1}]),
        ("PUT", {"json": [{"name": "a"}, {"count": "x"}]}, 422, {
            "items[1].name": "This field is required.", "items[1].count": "Enter a whole number."
        }),
        ("PUT", {"json": {}}, 422, {"items": "Enter a list."}),
        ("PUT", {}, 422, {"items": "is required"}),
        ("PATCH", {"content": b"\x00raw"}, 200, {"raw": "\x00raw"}),
        ("DELETE", {}, 200, {"note": None}),
        ("DELETE", {"json": {"name": "a"}}, 200, {"note": {"name": "a", "count": 1}}),
        ("DELETE", {"json": {"count": []}}, 422, {
            "name": "This field is required.", "count": "Enter a whole number."
        }),
    ]  # fmt: skip
    wrong = []
    async with site({"index.py": contact(STRICT)}) as client:
        for method, options, status, expected in table:
            options["headers"] = {"accept": "application/json"} | options.get("headers", {})
            answer = await client.request(method, "/", **options)
            found = answer.json()
            if (answer.status_code, found.get("fields") if status == 422 else found) != (status, expected):
                wrong.append(f"{method} {options}: {answer.status_code} {found}")
    assert not wrong


NOTE = """
    import threading
    from typing import Annotated
    from pydantic import AfterValidator, BaseModel
    from hyperpy import Form, request

    def check(text):
        request.app.state.threads.append(threading.current_thread() is threading.main_thread())
        if text.startswith("bug"):
            raise LookupError("not a refusal")
        if text.startswith("bad"):
            raise ValueError("It is bad.")
        return text

    Text = Annotated[str, AfterValidator(check)]

    class Note(BaseModel):
        text: Text

    def noted(note: Note = Form()):
        return note
"""


async def test_a_large_body_is_validated_in_a_worker_thread(write: Write):
    """Once for each input that reads it, and with the same outcome as a small one."""
    declared = {
        "model": "form: Form[Note]\n    shown = form.data.text if form.ok else form.errors.text",
        "fields": "note: Note = Form()\n    shown = note.text",
        "field": "text: Text = Form()\n    shown = text",
        "json": "note: Note = Body()\n    shown = note.text",
        "needed": "note: Note = Depends(noted)\n    shown = note.text",
    }
    head = (
        "from hyperpy import POST, Body, Depends, Form\nfrom ._note import Note, Text, noted\n"
        "async def load():\n    pass\nshown = ''\nif POST:\n    "
    )
    files = {f"{name}.py": f"{head}{text}\nt'{{shown[:3]}}'\n" for name, text in declared.items()}
    app = Hyper(write({"_note.py": NOTE, **files}), static=None)
    wrong = []
    async with client_of(app) as client:
        for name, kind, text in product(declared, ("data", "json"), ("good", "bad", "bug")):
            if (name, kind) == ("json", "data"):
                continue
            answers, threads = [], []
            for size in (1, LARGE):
                app.state.threads = []
                options: dict[str, Any] = {kind: {"text": text * size}}
                answer = await client.post(f"/{name}", headers={"accept": "application/json"}, **options)
                answers.append((answer.status_code, re.sub('"log_id":"[^"]*"', "", answer.text)))
                threads.append(app.state.threads)
            expected = 500 if text == "bug" else 422 if text == "bad" else 200
            if answers[0] != answers[1] or answers[0][0] != expected or threads != [[True], [False]]:
                wrong.append((name, kind, text, answers, threads))
    assert wrong == []


async def test_a_compressed_body_is_refused_unless_it_is_read_as_it_is(site: Site):
    files = {
        "form.py": contact(
            "    form: Form[Contact]\n    POST\n    t'{form.data.name if form.ok else form.errors.form}'"
        ),
        "field.py": contact("    if POST:\n        name: str = Form()\n    t'x'"),
        "json.py": contact("    if POST:\n        c: Contact = Body()\n    t'x'"),
        "raw.py": contact("    if POST:\n        raw: bytes = Body()\n    t'x'"),
        "request.py": contact("    async def load():\n        await request.body()\n    POST\n    t'x'"),
        "read.py": contact("    async def load():\n        await request.json()\n    POST\n    t'x'"),
        "read_form.py": contact("    async def load():\n        await request.form()\n    POST\n    t'x'"),
    }
    taken = {"/raw", "/request"}
    bodies: list[dict[str, Any]] = [{"json": {"name": "Ada"}}, {"data": {"name": "Ada"}}]
    bodies.append({"data": {"name": "Ada"}, "files": {"x": ("a", b"b")}})
    wrong = []
    async with site(files) as client:
        for path, body in product([f"/{name[:-3]}" for name in files], bodies):
            plain = (await client.post(path, **body)).status_code
            for coding, compressed in (
                ("gzip", True),
                ("identity", False),
                ("Identity, br", True),
                ("x", True),
                ("", False),
            ):
                answer = await client.post(path, headers={"content-encoding": coding}, **body)
                is_refused = answer.status_code == 415 and answer.headers.get("accept-encoding") == "identity"
                if compressed and path not in taken and plain == 200 and not is_refused:
                    wrong.append((path, body, coding, answer.status_code, answer.text))
                elif (not compressed or path in taken) and answer.status_code != plain:
                    wrong.append((path, body, coding, answer.status_code, plain))
    assert wrong == []


async def test_uploaded_files_are_closed_at_the_end_of_the_request(write: Write):
    source = contact(
        """
    if POST:
        photos: list[UploadFile] = File()
    size = 0

    async def load():
        global size
        if POST:
            request.app.state.files += photos
            size = sum([len(await photo.read()) for photo in photos])
            if request.query_params.get("fail"):
                raise ValueError("no")

    t"{size}"
    """
    )
    app = Hyper(routes=write({"index.py": source}), static=None)
    app.state.files = []
    async with client_of(app) as client:
        sent = [("photos", ("a", b"12")), ("photos", ("b", b"x" * 2_000_000)), ("photos", ("", b""))]
        assert (await client.post("/", files=sent)).text == "2000002"
        assert (await client.post("/?fail=1", files=sent)).status_code == 500
        assert (await client.post("/", data={"photos": "text"})).status_code == 422
    assert len(app.state.files) == 4
    assert all(upload.file.closed for upload in app.state.files)


async def test_a_guard_and_a_dependency_read_the_same_body(site: Site):
    guard = contact(
        """
    form: Form[Contact]
    if POST and form.values.name == "Eve":
        redirect("/away")
    """
    )
    page = contact(
        """
    from hyperpy import Depends
    from ._given import given

    form: Form[Contact]
    name: str = Depends(given)

    async def load():
        if POST:
            response.headers["x-body"] = (await request.form()).get("name", "none")

    t"{form.values.name}|{name}"
    """
    )
    given = "from hyperpy import Form\nasync def given(name: str = Form('nobody')): return name"
    async with site({"_guard.py": guard, "index.py": page, "_given.py": given}) as client:
        assert (await client.get("/")).text == "|nobody"
        assert (await client.post("/", data={"name": "Eve"})).headers["location"] == "/away"
        answer = await client.post("/", data={"name": "Ada"})
        assert (answer.text, answer.headers["x-body"]) == ("Ada|Ada", "Ada")
        answer = await client.post("/", files={"name": (None, b"Ada")})
        assert (answer.text, answer.headers["x-body"]) == ("Ada|Ada", "Ada")


async def test_the_body_limit_holds_for_forms(site: Site):
    source = '    from hyperpy import route\n    route(max_body=100)\n    form: Form[Contact]\n    POST\n    t"x"'

    async def chunks() -> Any:
        yield b"name=" + b"x" * 200

    async with site({"index.py": contact(source)}) as client:
        assert (await client.post("/", data={"name": "x" * 200})).status_code == 413
        answer = await client.post("/", content=chunks(), headers={"content-type": FORM})
        assert (answer.status_code, "limit_request_body" in answer.text) == (413, False)
    async with site({"index.py": contact(source)}, debug=True) as client:
        answer = await client.post("/", content=chunks(), headers={"content-type": FORM})
        assert "or by the setting limit_request_body" in answer.text


async def test_an_error_page_shows_its_form_unbound(site: Site):
    page = contact('    error: Exception\n    form: Form[Contact]\n    t"{str(form.is_bound)} {form.values.name}"')
    files = {"_error.py": page, "index.py": contact('    form: Form[Contact]\n    POST\n    t"{1 / 0}"')}
    app_error = {"accept": "text/html"}
    async with site(files) as client:
        client._transport = httpx.ASGITransport(client._transport.app, raise_app_exceptions=False)  # type: ignore[attr-defined]
        answer = await client.post("/", data={"name": "Ada"}, headers=app_error)
    assert (answer.status_code, answer.text) == (500, "False")


LOAD_ERRORS = [
    ("form: Form\nt'x'", "the form `form` has no model|is an input marker, not a type"),
    ("form = Form[Contact]()\nt'{form.ok}'", "`form` is an input marker, not a value"),
    ("form: Form[int]\nt'x'", "`int` is not a model, so `form` can't be its form"),
    ("form: Form[Contact] = Form(alias='x')\nt'x'", "can't have this marker or its arguments"),
    ("form: Form[Contact] = Form(min_length=1)\nt'x'", "can't have this marker or its arguments"),
    ("form: Form[Contact] = Body()\nt'x'", "can't have this marker or its arguments"),
    ("form: Form[Contact]\nif form.ok: redirect('/')\nt'x'", "is never submitted: this file answers no POST"),
    ("name: str = Form()\nt'x'", "`name` would be missing from every GET request"),
    ("contact: Contact = Body()\nPOST\nt'x'", "`contact` would be missing from every GET request"),
    ("if POST:\n    name: str = Form(initial=3)\nt'x'", "`initial` is for a form that is shown"),
    ("if POST:\n    age: int = Form(min_length=3)\nt'x'", "the constraint `min_length` can't be applied"),
    ("if POST:\n    age: int = Form(mx=3)\nt'x'", "unexpected keyword argument 'mx'"),
    ("if POST:\n    thing: Hyper = Body()\nt'x'", "pydantic can't read the type of `thing`"),
    ("class A(Contact): n: itn\nform: Form[A]\nt'x'", "the field `A.n` uses `itn`, which this file doesn't define"),
    ("class A(Contact): n: 'lst[int]'\nif POST:\n    x: list[A] = Body()\nt'x'", "the field `A.n` uses `lst`"),
    ("class A(Contact): n: itn\nclass B(Contact): a: list[A]\nform: Form[B]\nt'x'", "the field `A.n` uses `itn`"),
    ("def f(x=Form()): return x\nt'x'", "is not read in the parameters of a function"),
    ("if POST:\n    name: str = Form\nt'x'", "`Form` of `name` is not called"),
]


@pytest.mark.parametrize(("source", "expected"), LOAD_ERRORS, ids=[source for source, _ in LOAD_ERRORS])
def test_a_misused_form_is_a_load_error(write: Write, source: str, expected: str):
    head = "from pydantic import BaseModel\nfrom hyperpy import POST, Body, Form, Hyper, redirect\n"
    text = f"{head}class Contact(BaseModel):\n    name: str\n{source}"
    with pytest.raises(RouteError, match=expected) as caught:
        Hyper(routes=write({"index.py": text}), static=None)
    assert caught.value.hint
    assert caught.value.place


async def test_legal_files_load(site: Site):
    sources = [
        "form: Form[Contact]\nt'{form.values.name}'",
        "name: str = Form('x')\nt'{name}'",
        "def other(form: Form[Contact]): return form\nt'x'",
        "from typing import Annotated\nif POST:\n    name: Annotated[str, Form()]\nt'x'",
        "from hyperpy import Form as F\nform: F[Contact] = F()\nt'x'",
        "import hyperpy\nform: hyperpy.Form[Contact] = hyperpy.Form()\nt'x'",
        "type C = Form[Contact]\nform: C\nt'{form.values.name}'",
        "form: Form[Contact]\nif POST and form.ok:\n    form = None\nt'x'",
        "contact: Contact | None = Body()\nt'x'",
    ]
    head = "from pydantic import BaseModel\nfrom hyperpy import POST, Body, Form\n"
    model = "class Contact(BaseModel):\n    name: str\n"
    files = {f"a{index}.py": head + model + source for index, source in enumerate(sources)}
    async with site(files) as client:
        answers = [await client.get(f"/a{index}") for index in range(len(sources))]
    assert [(answer.status_code, answer.text) for answer in answers] == [
        (200, "x" if "'x'" in source else "") for source in sources
    ]
