"""Several forms on one page, and how screen readers learn what is wrong with a form."""

import re

from tests.support.sites import Site

HEAD = """
from typing import Annotated
from pydantic import BaseModel
from hyperpy import POST, Form, FormField, fragment, htmx, render
class Account(BaseModel):
    email: str
    name: str
class Other(BaseModel):
    text: str
"""


def ids(text: str) -> list[str]:
    return re.findall(r' (?:id|for|aria-describedby|href)="#?([^"]+)"', text)


async def test_the_ids_of_several_forms_begin_with_their_names(site: Site) -> None:
    table = [
        ("a: Form[Account]", "a", ["email", "email-error"]),
        ("a: Form[Account]\nb: Form[Account]", "a", ["a-email", "a-email-error"]),
        ("a: Form[Account]\nb: Form[Other] = Form()", "a", ["a-email", "a-email-error"]),
        ("a: Form[Account] = Form(initial={})\nb: Form[Other]", "a", ["a-email", "a-email-error"]),
        ("a: Form[Account] = Form(id_prefix='x')\nb: Form[Account]", "a", ["x-email", "x-email-error"]),
        ("a: Form[Account] = Form(id_prefix='')\nb: Form[Account]", "a", ["email", "email-error"]),
        ("a: Annotated[Form[Account], Form(id_prefix='x')]\nb: Form[Account]", "b", ["b-email", "b-email-error"]),
        ("if POST:\n    a: Form[Account]\nelse:\n    a: Form[Account]", "a", ["email", "email-error"]),
        ("a: Form[Account]\nif POST:\n    email: str = Form('')", "a", ["email", "email-error"]),
    ]
    page = 'POST\nt\'<label for={{{0}.id("email")}}></label><input {{{0}.field("email"):**}}>{{{0}.errors.email}}\''
    files = {f"{n}.py": f"{HEAD}{source}\n{page.format(form)}" for n, (source, form, _) in enumerate(table)}
    client, wrong = site(files), []
    for n, (source, _, (control, error)) in enumerate(table):
        found = ids((await client.post(f"/{n}")).text)
        if found != [control, control, error, error]:
            wrong.append((source, found))
    assert wrong == []


async def test_log_in_and_sign_up_on_one_page_share_no_id(site: Site) -> None:
    page = """
log_in: Form[Account]
sign_up: Form[Account]
if POST:
    log_in.fail("No.")
    sign_up.fail("No.")
t'''{log_in.errors.form}{log_in.errors}<{FormField} form={log_in} name="email" help="x" />
{sign_up.errors.form}{sign_up.errors}<{FormField} form={sign_up} name="email" help="x" />'''
"""
    text = (await site({"index.py": HEAD + page}).post("/", data={"name": "x"})).text
    own = re.findall(r' id="([^"]+)"', text)
    assert len(own) == len(set(own)) == 8
    assert {"log_in-form-error", "sign_up-form-error"} < set(own)
    referred = [
        name for names in re.findall(r' (?:for|aria-describedby|href)="#?([^"]+)"', text) for name in names.split()
    ]
    assert set(referred) <= {*own, "log_in-name", "sign_up-name"}


async def test_the_first_problem_has_the_focus_when_a_page_is_loaded(site: Site) -> None:
    page = """
form: Form[Account]
if POST and form.values.name == "taken":
    form.fail("No.")
t'''<div id=f {fragment}>{form.errors.form}
<input {form.field("email"):**}>{form.errors.email}<input {form.field("name", autofocus=True):**}></div>'''
if htmx.fragment:
    render(fragments=htmx.fragment)
"""
    client = site({"index.py": HEAD + page})
    htmx = {"HX-Request": "true", "HX-Target": "f"}
    table = [
        ("GET", {}, {}, ["name"]),
        ("POST", {"email": "", "name": "a"}, {}, ["email"]),
        ("POST", {"email": "", "name": "a"}, {"Sec-Fetch-Mode": "navigate"}, ["email"]),
        ("POST", {"email": "a", "name": ""}, {}, ["name"]),
        ("POST", {"email": "a", "name": "taken"}, {}, ["form-error"]),
        ("POST", {"email": "", "name": "taken"}, {}, ["form-error"]),
        # What scripts swap into a page is announced as an alert, and the focus stays with the visitor.
        ("POST", {"email": "", "name": "a"}, htmx, ["name"]),
        ("POST", {"email": "", "name": "a"}, {"Sec-Fetch-Mode": "cors"}, ["name"]),
    ]
    wrong = []
    for method, data, headers, expected in table:
        text = (await client.request(method, "/", data=data, headers=headers)).text
        found = [re.findall(r' id="([^"]+)"', tag)[0] for tag in re.findall(r"<[^>]* autofocus[^>]*>", text)]
        alerts = text.count('role="alert"')
        messages = text.count('class="field-error"')
        if found != expected or alerts != messages:
            wrong.append((method, data, headers, found, alerts))
    assert wrong == []
