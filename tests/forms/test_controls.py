"""A form in a page: attributes, options, values, messages and the component."""

import datetime as dt
import re
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from itertools import product
from string.templatelib import Template
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, Field, HttpUrl, SecretStr, StringConstraints, create_model

from hyperpy.exceptions import AnswerError, ComponentError
from hyperpy.forms import FormField, FormModel, ModelForm, Submission, SubmittedJSON, UploadFile, new_form, show_initial
from hyperpy.forms.html_patterns import html_pattern
from hyperpy.forms.model_form import MOST_CONTROLS
from hyperpy.templates import html


class Size(Enum):
    SMALL = "s"
    EXTRA_LARGE = "xl"


class Address(BaseModel):
    street: str = Field(max_length=9)
    zip: str = Field("", alias="postcode")


class Item(BaseModel):
    name: str
    count: int = Field(1, ge=1)


class Contact(BaseModel):
    name: str = Field(title="Full name", description="As on the passport.", max_length=9)
    mail_address: str = ""
    password: SecretStr | None = None
    size: Size = Size.SMALL
    news: bool = True
    tags: list[Literal["a", "b"]] = []
    address: Address | None = None
    items: list[Item] = []
    photo: UploadFile | None = None
    bio: str = ""


def unbound(model: Any, initial: object = None, prefix: str = "") -> ModelForm[Any]:
    form = new_form(ModelForm, FormModel[Any](model), None, prefix)
    show_initial(form, initial)
    return form


def bound(model: Any, *pairs: tuple[str, str], prefix: str = "") -> ModelForm[Any]:
    return new_form(ModelForm, FormModel[Any](model), Submission(pairs), prefix)


def test_attributes_follow_from_the_type():
    number, text = {"type": "number", "value": "", "required": True}, {"type": "text", "value": "", "required": True}
    table: list[tuple[Any, dict[str, object]]] = [
        (str, text),
        (str | None, {"type": "text", "value": ""}),
        (Annotated[str, Field(min_length=2, max_length=5)], text | {"minlength": 2, "maxlength": 5}),
        (Annotated[str, StringConstraints(pattern="^[a-z]+$")], text | {"pattern": "[a-z]+"}),
        (Annotated[str, StringConstraints(pattern="[a-z]+")], text),
        (Annotated[str | None, Field(max_length=5)], {"type": "text", "value": "", "maxlength": 5}),
        (int, number),
        (Annotated[int, Field(ge=1, le=9)], number | {"min": "1", "max": "9"}),
        (Annotated[int, Field(gt=1, lt=9)], number | {"min": "2", "max": "8"}),
        (Annotated[int, Field(ge=1, multiple_of=5)], number | {"min": "5", "step": "5"}),
        (Annotated[int, Field(le=99, multiple_of=5)], number | {"max": "95", "step": "5"}),
        (Annotated[int | None, Field(ge=1)], {"type": "number", "value": "", "min": "1"}),
        (float, number | {"step": "any"}),
        (Annotated[float, Field(gt=0)], number | {"step": "any", "min": "0"}),
        (Annotated[float, Field(multiple_of=0.1)], number | {"step": "0.1"}),
        (Annotated[Decimal, Field(gt=0, decimal_places=2)], number | {"step": "0.01", "min": "0.01"}),
        (Annotated[Decimal, Field(ge=Decimal("0.5"))], number | {"step": "any", "min": "0.5"}),
        (dt.date, text | {"type": "date"}),
        (Annotated[dt.date, Field(ge=dt.date(2026, 1, 1))], text | {"type": "date", "min": "2026-01-01"}),
        (dt.time, text | {"type": "time"}),
        (Annotated[dt.datetime, Field(le=dt.datetime(2026, 1, 1))], text | {"type": "datetime-local", "max": "2026-01-01T00:00"}),  # noqa: E501
        (AwareDatetime, text),
        (HttpUrl, text | {"type": "url", "minlength": 1, "maxlength": 2083}),
        (SecretStr, {"type": "password", "required": True}),
        (bool, {"type": "checkbox", "checked": False}),
        (Literal[True], {"type": "checkbox", "checked": False, "required": True}),
        (UploadFile, {"type": "file", "required": True}),
        (list[UploadFile], {"type": "file", "multiple": True}),
        (Size, {"type": "select", "required": True}),
        (Literal["", "a"], {"type": "select"}),
        (Size | None, {"type": "select"}),
        (list[Size], {"type": "select", "multiple": True}),
    ]  # fmt: skip
    wrong = []
    for annotation, expected in table:
        found = dict(unbound(create_model("Model", x=(annotation, ...))).field("x"))
        if found != {"name": "x", "id": "x"} | expected:
            wrong.append(f"{annotation}: {found}")
    assert not wrong


def test_a_pattern_is_written_only_if_it_means_the_same_in_a_browser():
    table = [
        (r"^[a-z]+$", "[a-z]+"),
        (r"^[A-Za-z0-9._%+-]+$", r"[A-Za-z0-9._%+\-]+"),
        (r"^\d{5}(?:-\d{4})?$", r"\p{Nd}{5}(?:-\p{Nd}{4})?"),
        (r"^(a|b)c*$", "(a|b)c*"),
        (r"^a/b\.c$", r"a\/b\.c"),
        (r"^[^\s\]]$", r"[^\p{White_Space}\]]"),
        (r"^a.$", r"a[^\n]"),
        (r"a+", None),
        (r"^a+", None),
        (r"^a|b$", None),
        (r"^a\$", None),
        (r"^(?i)a$", None),
        (r"^\ba$", None),
        (r"^\p{L}+$", None),
        (r"^(?P<x>a)$", None),
        (r"^[a&&b]$", None),
        (r"^a{,5}$", None),
        (r"^(a$", None),
        (r"^*$", None),
    ]
    assert [(pattern, html_pattern(pattern)) for pattern, _ in table] == table


def test_values_before_submission_are_those_of_the_model_or_the_initial_ones():
    form = unbound(Contact)
    values = form.values
    assert (values.name, values.news, values.size, values.tags) == ("", "on", "s", [])
    assert (values.address.street, values.items) == ("", [])
    assert not form.ok
    assert not form.errors
    assert not form.is_bound
    saved = Contact(name="Ada", password=SecretStr("x"), news=False, items=[Item(name="a", count=2)])
    for initial in (saved, saved.model_dump(), vars(saved)):
        form = unbound(Contact, initial)
        assert (form.values.name, form.values.news, form.values.items[0].count) == ("Ada", "", "2")
        assert form.values.password == ""
        assert "value" not in form.field("password")
    assert form.field("items[0].name")["value"] == "a"
    assert form.field("name")["value"] == "Ada"
    assert form.field("news")["checked"] is False


def test_initial_values_come_from_rows_too_and_from_nothing_without_fields():
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    row = connection.execute("select 'Ada' as name, 1 as news, 5 as more").fetchone()
    connection.close()
    form = unbound(Contact, row)
    assert (form.values.name, form.values.news) == ("Ada", "on")
    assert form.field("news")["checked"] is True

    async def load() -> None: ...

    for wrong in ("Ada", ["Ada"], 5, load()):
        with pytest.raises(AnswerError, match="initial values of a form can't be a"):
            unbound(Contact, wrong)


def test_a_refused_form_shows_what_was_entered():
    form = bound(
        Contact, ("name", "Ada Lovelace"), ("password", "geheim"), ("address.postcode", "1"), ("items[4].count", "0")
    )
    assert form.values.name == "Ada Lovelace"
    assert form.values["mail_address"] == ""
    assert form.values.address.zip == "1"
    assert form.values.items[0].count == "0"
    assert form.values.password == ""
    assert form.field("address.zip")["name"] == "address.postcode"
    assert form.field("name")["aria-invalid"] == "true"
    assert form.field("name")["aria-describedby"] == "name-error"
    assert "aria-invalid" not in form.field("size")
    assert form.errors.name == "Enter at most 9 characters."
    assert form.errors.address.street
    assert form.errors.items[0].count == "Enter 1 or more."
    assert next(iter(form.errors)) == ("name", "Enter at most 9 characters.")
    assert len(form.errors) == 4
    assert "items[0].name" in form.errors
    message = '<span id="name-error" class="field-error" role="alert">Enter at most 9 characters.</span>'
    assert html(t"{form.errors.name}") == message
    assert html(t"{form.errors.size}") == ""
    assert '<a href="#address-street">Street</a>: This field is required.' in html(t"{form.errors}")
    assert "geheim" not in repr(form.values) + str(form.errors) + repr(vars(Contact))


def test_json_is_bound_as_well():
    body = b'{"name": "Ada", "news": false, "items": [{"name": "a", "count": 3}]}'
    value = {"name": "Ada", "news": False, "items": [{"name": "a", "count": 3}]}
    form = new_form(ModelForm, FormModel[Any](Contact), Submission(json=SubmittedJSON(body, value)))
    assert form.data.items == [Item(name="a", count=3)]
    assert form.data.news is False
    assert form.values.items[0].count == "3"
    refused = new_form(ModelForm, FormModel[Any](Contact), Submission(json=SubmittedJSON(b"[1]", [1])))
    assert not refused.ok
    assert refused.errors.form


def test_the_server_can_refuse_a_form():
    form = bound(Contact, ("name", "Ada"))
    assert form.ok
    assert form.data.name == "Ada"
    assert form.data.news is False
    form.fail("Not today.", name="Taken.", **{"address.street": "Unknown."})
    assert not form.ok
    assert (form.errors.form, form.errors.name, form.errors.address.street) == ("Not today.", "Taken.", "Unknown.")
    form.fail(form="Never.")
    assert form.errors.form == "Not today. Never."
    with pytest.raises(AnswerError, match="was refused: form: Not today"):
        _ = form.data
    with pytest.raises(AnswerError, match="was not submitted"):
        _ = unbound(Contact).data
    for wrong in ({}, {"name": ""}, {"name": None}):
        with pytest.raises(TypeError):
            form.fail(**wrong)


def test_an_unknown_field_is_an_error_that_suggests_one():
    form = bound(Contact, ("name", "Ada"))
    asked = [
        lambda: form.values.nmae,
        lambda: form.errors.nmae,
        lambda: form.field("nmae"),
        lambda: form.options("nmae"),
        lambda: form.fail(nmae="x"),
    ]
    for ask in asked:
        with pytest.raises(AttributeError, match="has no field `nmae`") as caught:
            ask()
        assert "Did you mean `name`?" in str(caught.value)
    with pytest.raises(AttributeError, match="`address` has no field `sreet`"):
        form.field("address.sreet")
    with pytest.raises(AttributeError, match="`items` has no field `first`"):
        form.field("items[first]")


def test_spread_over_an_element():
    form = bound(Contact, ("name", "<b>"), ("size", "xl"), ("tags", "b"), ("bio", "\n\na"), prefix="p")
    table = [
        (t"<input {form.field('name'):**}>", '<input name="name" id="p-name" type="text" value="&lt;b&gt;" required maxlength="9">'),  # noqa: E501
        (t"<select {form.field('tags'):**}>", '<select name="tags" id="p-tags" multiple>'),
        (t"<select {form.field('size'):**}>", '<select name="size" id="p-size">'),
        (t"<textarea {form.field('bio'):**}>{form.values.bio}</textarea>", '<textarea name="bio" id="p-bio">\n\n\na</textarea>'),  # noqa: E501
        (t"<input {form.field('size', type='radio', value='xl'):**}>", '<input name="size" id="p-size-xl" type="radio" value="xl" checked>'),  # noqa: E501
        (t"<input {form.field('tags', type='checkbox', value='a'):**}>", '<input name="tags" id="p-tags-a" type="checkbox" value="a">'),  # noqa: E501
        (t"<input {form.field('tags', type='checkbox', value='b'):**}>", '<input name="tags" id="p-tags-b" type="checkbox" value="b" checked>'),  # noqa: E501
        (t"<input {form.field('bio', class_='wide', data_x=1, type='hidden'):**}>", '<input name="bio" id="p-bio" type="hidden" value="\n\na" class="wide" data-x="1">'),  # noqa: E501
        (t"{form.options('size')}", '<option value="s">Small</option><option value="xl" selected>Extra large</option>'),
        (t"{form.options('tags')}", '<option value="a">a</option><option value="b" selected>b</option>'),
        (t"{form.options('bio', {'x': 'X', '\n\na': 'A'})}", '<option value="x">X</option><option value="\n\na" selected>A</option>'),  # noqa: E501
        (t"{form.options('mail_address', ['a'])}", '<option value=""></option><option value="a">a</option>'),
    ]  # fmt: skip
    wrong = [(str(html(template)), expected) for template, expected in table if html(template) != expected]
    assert not wrong


def test_a_form_that_shows_defaults_shares_nothing_that_changes():
    """Its attributes are made once for all requests, so nobody may change them."""
    model = FormModel[Any](Contact)

    def write(pairs: tuple[tuple[str, str], ...] | None, prefix: str = "", **attributes: Any) -> str:
        form = new_form(ModelForm, model, None if pairs is None else Submission(pairs), prefix)
        return str(html(t"<input {form.field('name', **attributes):**}>"))

    plain = write(None)
    table = [
        (write((("name", "<Ada> Lovelace"),)), 'value="&lt;Ada&gt; Lovelace"'),
        (write(None, "b"), 'id="b-name"'),
        (write(None, type="hidden"), 'type="hidden"'),
        (write(None, class_="wide"), 'class="wide"'),
        (write(None, title=t"<b>{1}</b>"), 'title="&lt;b&gt;1&lt;/b&gt;"'),
        (write(None, autofocus=True), " autofocus"),
        *((write(None, data_n=str(n)), f'data-n="{n}"') for n in range(40)),
    ]
    assert [(text, part) for text, part in table if part not in text] == []
    assert {write(None) for _ in range(3)} == {plain}
    attributes = new_form(ModelForm, model, None).field("name")
    assert html(t"<textarea {attributes:**}></textarea>") != html(t"<input {attributes:**}>")
    for change in (
        lambda: attributes.update(value="x"),
        lambda: attributes.__setitem__("value", "x"),
        lambda: attributes.pop("value"),
        lambda: attributes.setdefault("class", "x"),
        lambda: attributes.clear(),
        lambda: attributes.__ior__({"class": "x"}),
    ):
        with pytest.raises(TypeError, match="can't change"):
            change()
    assert html(t"<input {attributes | {'class': 'x'}:**}>").count("class") == 1
    assert write(None) == plain


def test_what_is_remembered_of_a_control_is_known_by_all_that_decides_it():
    """However the same control was written before, and among whichever static attributes."""

    class Kind(str, Enum):  # noqa: UP042  (equal to a str, and written differently)
        MAIL = "email"

    asked: list[tuple[str, dict[str, Any]]] = [
        ("name", {}),
        ("name", {"type": "email"}),
        ("name", {"type": Kind.MAIL}),
        ("name", {"title": "email"}),
        ("name", {"title": Kind.MAIL}),
        ("name", {"title": "1"}),
        ("name", {"title": 1}),
        ("name", {"title": True}),
        ("name", {"data_a": "1", "data_b": "2"}),
        ("name", {"data_b": "2", "data_a": "1"}),
        ("name", {"title": "x" * 1000}),
        ("items[0].name", {}),
        ("items[1].name", {}),
        ("items[1].name", {"title": "email"}),
    ]
    places: list[Callable[[Any], Template]] = [
        lambda found: t"<input {found:**}>",
        lambda found: t"<input title=static id=x {found:**}>",
        lambda found: t"<input {found:**} title=static id=x>",
        lambda found: t"<input title=static {found:**} id=x>",
        lambda found: t"<select required {found:**}></select>",
        lambda found: t"<textarea {found:**} required></textarea>",
    ]
    shared = FormModel[Any](Contact)
    wrong = []
    for prefix, (name, attributes), write in [*product(("", "a"), asked, places)] * 2:
        own = new_form(ModelForm, FormModel[Any](Contact), None, prefix).field(name, **attributes)
        known = new_form(ModelForm, shared, None, prefix).field(name, **attributes)
        tag = write(own).strings[0].split()[0].removeprefix("<")
        if (shown := html(write(known))) != (expected := html(write(dict(own.for_tag(tag))))):
            wrong.append((shown, expected))
    assert not wrong


def test_the_controls_that_are_remembered_are_limited():
    model = FormModel[Any](Contact)
    for number in range(MOST_CONTROLS):
        for added in {}, {"title": str(number)}, {"placeholder": str(number)}:
            new_form(ModelForm, model, None).field("name", **added)
        new_form(ModelForm, model, None).field(f"items[{number}].name")
    assert 0 < len(model.controls) <= MOST_CONTROLS
    new_form(ModelForm, model, None).field("name", title="x" * 100_000)
    assert max(len(str(key)) for key in model.controls) < 1000


def test_the_component_writes_label_control_help_and_message():
    form = bound(Contact, ("name", "Ada Lovelace"), ("tags", "b"))
    shown = html(t"<{FormField} {form} name='name' />")
    assert '<label for="name">Full name</label>' in shown
    assert 'value="Ada Lovelace"' in shown
    assert 'aria-describedby="name-help name-error"' in shown
    assert '<small id="name-help" class="field-help">As on the passport.</small>' in shown
    assert '<span id="name-error" class="field-error" role="alert">Enter at most 9 characters.</span>' in shown
    table = [
        (t"<{FormField} {form} name='news' />", '<label><input name="news" id="news" type="checkbox"> News</label>'),
        (t"<{FormField} {form} name='size' />", '<select name="size" id="size"><option value=""'),
        (t"<{FormField} {form} name='bio' type='textarea' rows='3' />", '<textarea name="bio" id="bio" rows="3">'),
        (t"<{FormField} {form} name='bio' type='hidden' />", '<input name="bio" id="bio" type="hidden" value="">'),
        (t"<{FormField} {form} name='photo' />", 'type="file"'),
        (
            t"<{FormField} {form} name='size' type='radio' />",
            '<legend>Size</legend> <label><input name="size" id="size-s"',
        ),
        (t"<{FormField} {form} name='tags' type='checkboxes' />", 'type="checkbox" value="b" checked> b</label>'),
        (t"<{FormField} {form} name='mail_address' label='E-mail' />", '<label for="mail_address">E-mail</label>'),
        (t"<{FormField} {form} name='bio' options={['x']} />", '<option value="x">x</option>'),
    ]
    wrong = [(str(html(template)), expected) for template, expected in table if expected not in html(template)]
    assert not wrong
    with pytest.raises(ComponentError, match="must be a Form, not NoneType"):
        html(t"<{FormField} form={None} name='news' />")


def test_every_message_has_the_id_that_its_control_refers_to():
    form = bound(Contact, ("items[0].name", ""), ("tags", "z"), ("size", "?"), prefix="p")
    names = ["name", "size", "tags", "items[0].name"]
    page = html(t"{[t'<{FormField} {form} {name} />' for name in names]}")
    described = set(re.findall(r'aria-describedby="(?:\S+-help )?([^"]+)"', page))
    assert described == set(re.findall(r'<span id="([^"]+)"', page))
    assert len(described) == 4
