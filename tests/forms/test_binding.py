"""A browser's submission → the data of a model, or messages by field."""

import datetime as dt
import io
import json
from collections.abc import Iterable
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass

from hyperpy.forms import FormModel, ModelForm, Submission, SubmittedJSON, UploadFile, new_form
from hyperpy.templates import html

type Pairs = Iterable[tuple[str, str | UploadFile]]


def submitted(model: Any, pairs: Pairs) -> ModelForm[Any]:
    return new_form(ModelForm, FormModel[Any](model), Submission(tuple(pairs)))


def upload(name: str, content: bytes = b"") -> UploadFile:
    return UploadFile(io.BytesIO(content), size=len(content), filename=name)


class Color(Enum):
    RED = "red"
    DARK_BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Address(BaseModel):
    street: str
    postcode: str = Field(alias="zip")
    home: bool = False


class Item(BaseModel):
    name: str
    count: Annotated[int, Field(ge=1)] = 1
    gift: bool


class Node(BaseModel):
    name: str
    below: list[Node] = []


@dataclass
class Point:
    x: int
    y: int = 0


class Card(BaseModel):
    kind: Literal["card"]
    number: str


class Transfer(BaseModel):
    kind: Literal["transfer"]
    iban: str


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    number: int
    day: dt.date
    flags: set[Level]


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str


class Aliased(BaseModel):
    name: str = Field(validation_alias=AliasChoices("name", "title"))
    city: str = Field(validation_alias=AliasPath("place", "city"))
    dotted: str = Field(alias="user.mail")


class ByName(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    name: str = Field(alias="title")


def of(annotation: Any, default: Any = ..., **constraints: Any) -> type[BaseModel]:
    """A model with one field, `x`."""
    return create_model("Model", x=(annotation, Field(default, **constraints)))


X = "x"
# The model, what is submitted, and the data as a dict.
DATA: list[tuple[Any, Pairs, object]] = [
    # checkboxes and lists send nothing when they are empty
    (of(bool), [], {X: False}),
    (of(bool, True), [], {X: False}),
    (of(bool), [(X, "on")], {X: True}),
    (of(bool), [(X, "true")], {X: True}),
    (of(bool), [(X, "false")], {X: False}),
    (of(bool), [(X, "false"), (X, "true")], {X: True}),
    (of(bool | None), [], {X: None}),
    (of(bool | None, None), [(X, "")], {X: None}),
    (of(Literal[True]), [(X, "on")], {X: True}),
    (of(list[str]), [], {X: []}),
    (of(list[str], ["a"]), [], {X: []}),
    (of(list[str] | None, None), [], {X: None}),
    (of(list[str]), [(X, "a"), (X, ""), (X, "b")], {X: ["a", "b"]}),
    (of(list[str]), [("x[]", "a"), ("x[]", "b")], {X: ["a", "b"]}),
    (of(list[int]), [("x[1]", "5"), ("x[0]", "7"), ("x[2]", "")], {X: [7, 5]}),
    (of(set[Color]), [(X, "red"), (X, "blue")], {X: {Color.RED, Color.DARK_BLUE}}),
    (of(tuple[int, str]), [("x[0]", "1"), ("x[1]", "b")], {X: (1, "b")}),
    # controls that were left empty
    (of(int | None), [(X, "")], {X: None}),
    (of(int | None, 5), [(X, " ")], {X: None}),
    (of(int | None, 5), [], {X: 5}),
    (of(int, 5), [(X, "")], {X: 5}),
    (of(dt.date | None), [], {X: None}),
    (of(Decimal | None, None), [(X, "")], {X: None}),
    (of(str, "a"), [(X, "")], {X: ""}),
    (of(str | None), [(X, "")], {X: None}),
    (of(str, ""), [], {X: ""}),
    (of(Literal["", "a"]), [(X, "")], {X: ""}),
    (of(Color | None, None), [(X, "")], {X: None}),
    (of(Literal["a", None]), [(X, "")], {X: None}),  # noqa: PYI061
    # values
    (of(int), [(X, " 7 ")], {X: 7}),
    (of(int), [(X, "1"), (X, "2")], {X: 2}),
    (of(float), [(X, "1.5")], {X: 1.5}),
    (of(float), [(X, "1e308")], {X: 1e308}),
    (of(float, allow_inf_nan=True), [(X, "1e309")], {X: float("inf")}),
    (of(Decimal), [(X, "9" * 400)], {X: Decimal("9" * 400)}),
    (of(int | None), [(X, "9" * 400)], {X: int("9" * 400)}),
    (of(Decimal), [(X, "1.50")], {X: Decimal("1.50")}),
    (of(str), [(X, " a ")], {X: " a "}),
    (of(str, max_length=3), [(X, "a\r\nb")], {X: "a\nb"}),
    (of(Color), [(X, "blue")], {X: Color.DARK_BLUE}),
    (of(Level), [(X, "2")], {X: Level.HIGH}),
    (of(Literal[1, "a"]), [(X, "1")], {X: 1}),
    (of(dt.date), [(X, "2026-01-31")], {X: dt.date(2026, 1, 31)}),
    (of(dt.datetime), [(X, "2026-01-31T10:30")], {X: dt.datetime(2026, 1, 31, 10, 30)}),
    (of(dt.time), [(X, "10:30")], {X: dt.time(10, 30)}),
    (of(int | str), [(X, "a")], {X: "a"}),
    (of(Any), [(X, "a")], {X: "a"}),
    (of(dict[str, int]), [("x.a", "1"), ("x[b]", "2")], {X: {"a": 1, "b": 2}}),
    # nested models
    (of(Address), [("x.street", "S"), ("x.zip", "1")], {X: Address(street="S", zip="1")}),
    (of(Address), [("x[street]", "S"), ("x[zip]", "1"), ("x[home]", "on")], {
        X: Address(street="S", zip="1", home=True)
    }),
    (of(Address | None, None), [("x.street", ""), ("x.zip", " ")], {X: None}),
    (of(Address | None), [], {X: None}),
    (of(list[Item]), [("x[7].name", "b"), ("x[2].name", "a"), ("x[2].gift", "on"), ("x[7].count", "")], {
        X: [Item(name="a", gift=True), Item(name="b", gift=False)]
    }),
    (of(list[Item]), [("x[0][name]", "a"), ("x[999999999][name]", "b")], {
        X: [Item(name="a", gift=False), Item(name="b", gift=False)]
    }),
    (of(Node), [("x.name", "a"), ("x.below[0].name", "b")], {X: Node(name="a", below=[Node(name="b")])}),
    (of(Point), [("x.x", "1")], {X: Point(1)}),
    (of(Card | Transfer, discriminator="kind"), [("x.kind", "transfer"), ("x.iban", "I")], {
        X: Transfer(kind="transfer", iban="I")
    }),
    # names and models
    (Strict, [("number", "1"), ("day", "2026-01-31"), ("flags", "1")], {
        "number": 1, "day": dt.date(2026, 1, 31), "flags": {Level.LOW}
    }),
    (Aliased, [("title", "a"), ("place.city", "b"), ("user.mail", "c")], {"name": "a", "city": "b", "dotted": "c"}),
    (ByName, [("name", "a")], {"name": "a"}),
    (ByName, [("title", "a")], {"name": "a"}),
    (Closed, [("name", "a")], {"name": "a"}),
    (Open, [("name", "a"), ("more", "b"), ("list[0]", "c")], {"name": "a", "more": "b", "list": ["c"]}),
    # names that nothing takes
    (of(str), [(X, "a"), ("__proto__.y", "b"), ("__class__", "c"), ("constructor[prototype]", "d")], {X: "a"}),
    (of(str), [(X, "a"), ("[", "b"), ("]x[", "b"), ("", "c"), (".", "d"), ("a" * 5000, "e"), ("x" + "[0]" * 40, "f")],
     {X: "a"}),
]  # fmt: skip


def test_what_is_submitted_becomes_the_data_of_the_model():
    wrong = []
    for model, pairs, expected in DATA:
        form = submitted(model, pairs)
        data = {name: getattr(form.data, name) for name in dict(form.data)} if form.ok else list(form.errors)
        if data != expected:
            wrong.append(f"{model.model_fields}\n{pairs}: {data} instead of {expected}")
    assert not wrong


class Range(BaseModel):
    low: int
    high: int

    @field_validator("low")
    @classmethod
    def even(cls, low: int) -> int:
        if low % 2:
            raise ValueError("Must be even.")
        return low

    @model_validator(mode="after")
    def ordered(self) -> Range:
        if self.low > self.high:
            raise ValueError("The first must not be greater.")
        return self


def _refuse(text: str) -> str:
    """Refuses it without a word."""
    if text == "value":
        raise ValueError
    raise AssertionError


REQUIRED = "This field is required."
# The model, what is submitted, and the messages.
REFUSED: list[tuple[Any, Pairs, dict[str, str]]] = [
    (of(str), [], {X: REQUIRED}),
    (of(str), [(X, "")], {X: REQUIRED}),
    (of(str), [(X, " \n")], {X: REQUIRED}),
    (of(str, "", min_length=1), [(X, "")], {X: REQUIRED}),
    (of(SecretStr, min_length=8), [(X, "geheim")], {X: "Enter at least 8 characters."}),
    (of(SecretStr), [(X, "")], {X: REQUIRED}),
    (of(str, min_length=3), [(X, "x")], {X: "Enter at least 3 characters."}),
    (of(str, max_length=1), [(X, "xy")], {X: "Enter at most 1 character."}),
    (of(str, pattern="^a$"), [(X, "b")], {X: "Enter a value in the expected format."}),
    (of(int), [(X, "x")], {X: "Enter a whole number."}),
    (of(int), [(X, "1.5")], {X: "Enter a whole number."}),
    (of(int), [(X, "1_000")], {X: "Enter a whole number."}),
    (of(int), [(X, "9" * 5000)], {X: "Enter a whole number."}),
    (of(int | None), [(X, "x")], {X: "Enter a whole number."}),
    (of(int, ge=18), [(X, "1")], {X: "Enter 18 or more."}),
    (of(int, lt=5), [(X, "5")], {X: "Enter a number less than 5."}),
    (of(int, multiple_of=5), [(X, "7")], {X: "Enter a multiple of 5."}),
    (of(float), [(X, "nan")], {X: "Enter a number."}),
    (of(float), [(X, "-Infinity")], {X: "Enter a number."}),
    (of(float), [(X, "1e309")], {X: "Enter a number."}),
    (of(float | None, None), [(X, "-" + "9" * 400)], {X: "Enter a number."}),
    (of(Decimal), [(X, "1e1000000")], {X: "Enter a number."}),
    (of(Decimal), [(X, "0E-0001000")], {X: "Enter a number."}),
    (of(Decimal), [(X, "x")], {X: "Enter a number."}),
    (of(Decimal, decimal_places=2), [(X, "1.234")], {X: "Enter at most 2 digits after the decimal point."}),
    (of(dt.date), [(X, "x")], {X: "Enter a date, such as 2026-01-31."}),
    (of(dt.date), [(X, "2026")], {X: "Enter a date, such as 2026-01-31."}),
    (of(dt.date), [(X, "2026-02-30")], {X: "Enter a date, such as 2026-01-31."}),
    (of(dt.date, ge=dt.date(2026, 1, 1)), [(X, "2025-01-01")], {X: "Enter 2026-01-01 or later."}),
    (of(dt.datetime), [(X, "5")], {X: "Enter a date and a time, such as 2026-01-31T14:30."}),
    (of(Color), [], {X: "Choose an option."}),
    (of(Color), [(X, "")], {X: "Choose an option."}),
    (of(Color), [(X, "pink")], {X: "Choose one of the options."}),
    (of(Literal["a"]), [(X, "b")], {X: "Choose one of the options."}),
    (of(Literal[True]), [], {X: "Tick this box."}),
    (of(bool), [(X, "maybe")], {X: "Choose yes or no."}),
    (of(list[int], min_length=1), [], {X: "Add at least 1."}),
    (of(list[int]), [(X, "1"), (X, "x")], {"x[1]": "Enter a whole number."}),
    (of(int | float), [(X, "x")], {X: "Enter a number."}),
    # several shapes for one name
    (of(str), [(X, "a"), ("x.y", "b")], {X: "Enter a text."}),
    (of(str), [("x.y", "b")], {X: "Enter a text."}),
    (of(bool), [("x.y", "b")], {X: "Choose yes or no."}),
    (of(list[str]), [(X, "a"), ("x[0]", "b")], {X: "Enter a list."}),
    (of(list[str]), [("x[a]", "b")], {X: "Enter a list."}),
    (of(list[str]), [("x[00]", "b")], {X: "Enter a list."}),
    (of(list[str]), [("x[9999999999]", "b")], {X: "Enter a list."}),
    (of(list[Item]), [("x[].name", "b")], {X: "Enter a list."}),
    (of(list[Item]), [(X, "b")], {"x[0]": "Enter a valid value."}),
    (of(Address), [(X, "a")], {X: "Enter a valid value."}),
    (of(dict[str, int]), [(X, "a")], {X: "Enter a valid value."}),
    # nested
    (of(Address), [], {"x.street": REQUIRED, "x.zip": REQUIRED}),
    (of(Address | None), [("x.street", "a")], {"x.zip": REQUIRED}),
    (of(list[Item]), [("x[3].name", ""), ("x[3].count", "0")], {
        "x[0].name": REQUIRED, "x[0].count": "Enter 1 or more."
    }),
    (of(dict[str, int]), [("x.a", "b")], {"x.a": "Enter a whole number."}),
    (Aliased, [("name", "a"), ("place.city", "")], {"place.city": REQUIRED, "user.mail": REQUIRED}),
    # files
    (of(UploadFile), [(X, upload(""))], {X: "Choose a file."}),
    (of(UploadFile), [(X, "a.png")], {X: "Choose a file."}),
    (of(list[UploadFile], min_length=1), [(X, upload(""))], {X: "Choose at least 1."}),
    (of(str), [(X, upload("a.png", b"x"))], {X: "Enter a text."}),
    # the model's own validators
    (Range, [("low", "1"), ("high", "9")], {"low": "Must be even."}),
    (Range, [("low", "2"), ("high", "1")], {"form": "The first must not be greater."}),
    (of(Range), [("x.low", "2"), ("x.high", "1")], {X: "The first must not be greater."}),
    (of(Annotated[str, AfterValidator(_refuse)]), [(X, "value")], {X: "Enter a valid value."}),
    (of(Annotated[str, AfterValidator(_refuse)]), [(X, "assert")], {X: "Enter a valid value."}),
    (of(Card | Transfer, discriminator="kind"), [("x.kind", "cash")], {X: "Choose one of the options."}),
    (of(Card | Transfer, discriminator="kind"), [("x.iban", "I")], {X: "Choose an option."}),
    (Closed, [("name", "a"), ("admin", "1")], {"form": "Unexpected field: admin."}),
]  # fmt: skip


def test_what_does_not_fit_is_refused_in_plain_words():
    wrong = []
    for model, pairs, expected in REFUSED:
        form = submitted(model, pairs)
        if dict(form.errors) != expected or form.ok:
            wrong.append(f"{model.model_fields}\n{pairs}: {dict(form.errors)} instead of {expected}")
    assert not wrong


def test_files_stand_beside_fields():
    photo, empty = upload("a.png", b"x"), upload("")
    model = FormModel[Any](of(list[UploadFile]))
    form = new_form(ModelForm, model, Submission(((X, photo), (X, empty))))
    assert form.data.x == [photo]
    assert submitted(of(UploadFile), [(X, photo)]).data.x is photo
    assert submitted(of(UploadFile | None, None), [(X, empty)]).data.x is None
    assert submitted(of(UploadFile | None), []).data.x is None


@pytest.mark.parametrize("name", ["a" * 100_000, "[" * 100_000, "a[0]" * 25_000, "." * 100_000, "a." * 50_000])
def test_long_names_are_harmless(name: str):
    assert submitted(of(str), [(name, "b"), (X, "c")]).data.x == "c"


class Everything(BaseModel):
    x: str
    b: bool
    n: int | None
    t: list[str]
    a: Address | None
    i: list[Item]
    p: Card | Transfer = Field(discriminator="kind")
    m: dict[str, list[int]]
    f: UploadFile | None
    u: tuple[int, Address]
    node: Node | None
    any: Any
    lit: Literal["", 1, None]  # noqa: PYI061


NAMES = st.lists(
    st.sampled_from([*Everything.model_fields, "street", "zip", "kind", "name", "below", "0", "1", "", "a.b", "__x__"]),
    min_size=1,
    max_size=4,
).flatmap(
    lambda parts: st.sampled_from(
        [".".join(parts), parts[0] + "".join(f"[{part}]" for part in parts[1:]), f"{parts[0]}[]", "][".join(parts)]
    )
)
VALUES = st.one_of(
    st.sampled_from(["", " ", "on", "1", "-1", "card", "nan", "\0", "\ud800", "9" * 30]),
    st.builds(upload, st.sampled_from(["", "a"])),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=9))
def test_nothing_that_is_submitted_raises(pairs: list[tuple[str, str | UploadFile]]):
    form = new_form(ModelForm, EVERYTHING, Submission(tuple(pairs)))
    assert form.ok or form.errors
    for name in Everything.model_fields:
        _ = form.errors[name], form.field(name, type="hidden")
    dict(form.values), dict(form.errors), str(html(t"{form.errors}"))


@pytest.mark.parametrize("key", ["a.b", "]", "", "[]", "a[0]", "a b.", ".", "<a>"])
def test_any_key_of_a_mapping_can_have_a_message(key: str):
    value = {"m": {key: ["x"]}}
    submissions = [
        Submission(json=SubmittedJSON(json.dumps(value).encode(), value)),
        Submission(((f"m[{key}][x]", "-"), ("m[][x]", "-"), (f"m.{key}", "-"))),
    ]
    for submission in submissions:
        form = new_form(ModelForm, EVERYTHING, submission)
        messages = dict(form.errors)
        assert any(name == "m" or name.startswith("m.") for name in messages)
        summary = str(html(t"{form.errors}"))
        assert summary.count("<li>") == len(messages)
        assert "<a>" not in summary


EVERYTHING = FormModel[Everything](Everything)
