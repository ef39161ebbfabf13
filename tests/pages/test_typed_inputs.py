"""Inputs: their spellings, their types, and what is refused at load."""

from collections.abc import Mapping

from hyperpy import Hyper
from hyperpy.exceptions import HyperError
from tests.support.sites import Site, Write

IMPORTS = """
from dataclasses import dataclass
from datetime import *
from decimal import Decimal
from enum import Enum, IntEnum
from functools import partial
from ipaddress import IPv4Address
from typing import *
from uuid import UUID
import annotated_types as at
import pathlib
from pydantic import *
from starlette.datastructures import URL
import hyperpy
from hyperpy import Cookie, Header, InputMarker, Loaded, Path, POST, Query, Request, html
"""

TYPES = """
class Colour(Enum):
    RED = "red"
class Level(IntEnum):
    LOW = 1
class Odd(Enum):
    PAIR = (1, 2)
class Size(Enum):
    ONE = 1
    HALF = Decimal("0.5")
class Model(BaseModel):
    n: int
class Word(RootModel[str]):
    pass
def is_even(number):
    if number % 2:
        raise ValueError("odd")
    return number
def positive(number):
    assert number > 0, "not positive"
    return number
type Slug = Annotated[str, Field(pattern="^[a-z]+$")]
type Page = Annotated[int, Query(alias="p"), Field(ge=1)]
type Few[T] = Annotated[T, at.Ge(1), at.Le(3)]
type Tree = int | list["Tree"]
Id = NewType("Id", Annotated[int, Field(ge=1)])
class Fixed(InputMarker):
    def __init__(self, text="fixed"):
        self.text = text
    def value(self, request, name):
        return self.text
fixed = Fixed()
"""

UUID_1 = "00000000-0000-0000-0000-000000000001"

# Declarations of `x`, a query string that fits, the value then, and query strings that don't fit.
TYPE_TABLE: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    # constraints, however they are attached
    'x: Annotated[str, Field(pattern="^[a-z]+$")]': ("ab", "'ab'", ("A1", "")),
    "x: Annotated[str, Field(max_length=3)]": ("abc", "'abc'", ("abcd",)),
    "x: Annotated[str, StringConstraints(min_length=2, to_upper=True)]": ("ab", "'AB'", ("a",)),
    "x: Annotated[str, StringConstraints(strip_whitespace=True)]": (" ab ", "'ab'", ()),
    "x: Annotated[str, AfterValidator(str.upper)]": ("ab", "'AB'", ()),
    "x: Annotated[str, BeforeValidator(str.strip)]": (" ab ", "'ab'", ()),
    "x: Annotated[str, at.Len(2, 3)]": ("ab", "'ab'", ("a", "abcd")),
    "x: Annotated[str, at.Predicate(str.isdigit)]": ("12", "'12'", ("ab",)),
    "x: Annotated[int, at.Gt(1)]": ("2", "2", ("1",)),
    "x: Annotated[int, at.Interval(ge=1, lt=3), at.MultipleOf(2)]": ("2", "2", ("1", "4")),
    "x: Annotated[int, AfterValidator(is_even)]": ("2", "2", ("1",)),
    "x: Annotated[int, BeforeValidator(str.strip)]": (" 2 ", "2", ("x",)),
    "x: Annotated[Annotated[int, at.Ge(1)], at.Le(3)]": ("2", "2", ("0", "4")),
    "x: Annotated[int, WrapValidator(lambda value, inner: inner(value) + 1)]": ("2", "3", ("x",)),
    "x: Annotated[str, PlainValidator(len)]": ("abc", "3", ()),
    "x: Slug": ("ab", "'ab'", ("A",)),
    "x: Slug | None": ("ab", "'ab'", ("A",)),
    "x: Optional[Slug]": ("ab", "'ab'", ("A",)),
    "x: Annotated[Slug, Field(max_length=2)]": ("ab", "'ab'", ("A", "abc")),
    "x: Annotated[Slug, Query(max_length=2)]": ("ab", "'ab'", ("A", "abc")),
    "x: Few[int]": ("3", "3", ("0", "4")),
    "x: Annotated[Few[int], Query(ge=2)]": ("3", "3", ("1", "4")),
    "x: Id": ("1", "1", ("0",)),
    "x: Annotated[Id, Query()]": ("1", "1", ("0",)),
    "x: Annotated[int | None, Field(ge=1)]": ("1", "1", ("0",)),
    "x: Annotated[int, Field(ge=1)] | None": ("1", "1", ("0",)),
    "x: Annotated[int, Field(ge=1)] | Literal['all']": ("all", "'all'", ("0",)),
    "x: list[Annotated[int, at.Ge(1)]] = Query()": ("1&x=2", "[1, 2]", ("0", "1&x=0")),
    "x: list[Slug] = Query([], max_length=2)": ("a&x=b", "['a', 'b']", ("A", "a&x=b&x=c")),
    "x: Annotated[list[int], Query(min_length=2), AfterValidator(sorted)]": ("2&x=1", "[1, 2]", ("1",)),
    "x: list[int] = Query([])": ("&x=3", "[3]", ("a",)),
    "x: list[int] = Query([7])": ("", "[7]", ("a",)),
    "x: set[str] = Query()": ("", "{''}", ()),
    "x: Annotated[list[int], Field(max_length=1), Query()]": ("1", "[1]", ("1&x=2",)),
    # types that are read from text
    "x: bool": ("on", "True", ("2",)),
    "x: UUID": (UUID_1, f"UUID('{UUID_1}')", ("1",)),
    "x: date": ("2026-01-02", "datetime.date(2026, 1, 2)", ("2026-13-01",)),
    "x: Annotated[date, Field(ge=date(2026, 1, 1))]": ("2026-01-02", "datetime.date(2026, 1, 2)", ("2025-01-01",)),
    "x: PastDate": ("2020-01-02", "datetime.date(2020, 1, 2)", ("2999-01-01",)),
    "x: time": ("12:30", "datetime.time(12, 30)", ("x",)),
    "x: timedelta": ("PT1H", "datetime.timedelta(seconds=3600)", ("x",)),
    "x: Decimal": ("1.50", "Decimal('1.50')", ("NaN", "Infinity", "1_0", " 1", "%2B1", "1e1000000", "0E-9999")),
    "x: float": ("1.5e3", "1500.0", ("nan", "inf", "-Infinity", "1_0.5", " 1", "%2B1", "", "1e309")),
    "x: float | None": ("-.5", "-0.5", ("nan",)),
    "x: Annotated[float, Field(allow_inf_nan=True)]": ("inf", "inf", ("x",)),
    "x: int": ("-7", "-7", ("07", "%2B7", "-0", "7.0", "1_000", " 7", "7 ", "\u0667", "7\u0667", "")),
    "x: int | None": ("0", "0", ("07", "%2B7")),
    "x: int | str": ("%2B7", "'+7'", ()),
    "x: StrictInt": ("7", "7", ("7.0",)),
    "x: Annotated[bool, Field(strict=True)]": ("true", "True", ("2",)),
    "x: PositiveInt | float": ("1.5", "1.5", ("nan",)),
    "x: IPv4Address": ("10.0.0.1", "IPv4Address('10.0.0.1')", ("10",)),
    "x: SecretStr": ("ab", "SecretStr('**********')", ()),
    "x: HttpUrl": ("http://a.b/", "HttpUrl('http://a.b/')", ("ftp://a.b/",)),
    "x: pathlib.Path": ("a/b", "PosixPath('a/b')", ()),
    "x: ByteSize": ("1KiB", "1024", ("x",)),
    "x: bytes": ("ab", "b'ab'", ()),
    "x: Base64Str": ("YWI=", "'ab'", ()),
    "x: Colour": ("red", "<Colour.RED: 'red'>", ("RED",)),
    "x: Level": ("1", "<Level.LOW: 1>", ("2", "01", "1.0")),
    "x: Size": ("0.5", "<Size.HALF: Decimal('0.5')>", ("2",)),
    "x: Literal['a', 1]": ("1", "1", ("01", "b")),
    "x: Literal[1, '1']": ("1", "'1'", ()),
    "x: Literal[True]": ("true", "True", ("1",)),
    "x: Literal[Colour.RED]": ("red", "<Colour.RED: 'red'>", ("x",)),
    "x: Literal['a', None]": ("a", "'a'", ("b",)),
    "x: Word": ("ab", "Word(root='ab')", ()),
    "x: Json[list[int]]": ("[1]", "[1]", ("[", "[x]")),
    "x: Json[Model]": ('{"n": 1}', "Model(n=1)", ("{}",)),
    "x: Annotated[list[int], BeforeValidator(lambda value: value.split(','))]": ("1,2", "[1, 2]", ("x",)),
    "x: Annotated[list[int], Query(), BeforeValidator(sorted)]": ("2&x=1", "[1, 2]", ("x",)),
    "x: Any = Query()": ("ab", "'ab'", ()),
    "x: set[int] = Query()": ("1&x=1", "{1}", ("x",)),
    "x: tuple[int, ...] = Query(())": ("1&x=2", "(1, 2)", ("x",)),
    "x: Sequence[int] = Query()": ("1&x=2", "[1, 2]", ("x",)),
    "x: list[Literal[1, 2]] | None = Query(None)": ("1&x=2", "[1, 2]", ("3",)),
    "x: deque[int] = Query()": ("1&x=2", "deque([1, 2])", ("x",)),
}


async def test_constraints_hold_and_types_are_read(site: Site) -> None:
    files = {
        f"r{number}.py": f"{IMPORTS}{TYPES}from collections import deque\n{source}\nt'{{repr(x):safe}}'"
        for number, source in enumerate(TYPE_TABLE)
    }
    client, wrong = site(files), {}
    for number, (source, (fits, value, refused)) in enumerate(TYPE_TABLE.items()):
        answer = await client.get(f"/r{number}?x={fits}")
        if answer.text != value:
            wrong[source] = answer.text
        for text in refused:
            status = (await client.get(f"/r{number}?x={text}")).status_code
            is_missing = not text and (" = " in source or "None" in source)
            if status != 422 and not is_missing:
                wrong[f"{source} {text}"] = str(status)
    assert wrong == {}


# Declarations in `{item_id}.py`, a request to /5, and what `x` is then.
SPELLINGS: Mapping[str, tuple[str, str]] = {
    "x: int = Query(1, ge=1)": ("", "1"),
    "x: int = Query(1, ge=1, le=9) ": ("?x=5", "5"),
    "x: int = Query(default=1)": ("", "1"),
    "x: int = Query(ge=1, default=2)": ("", "2"),
    "x: int = Query(-1, ge=1)": ("", "-1"),
    "x: str = Query()": ("?x=a", "'a'"),
    "x: str = Query()  # required": ("", "422 x: is required"),
    "x: str = Query(alias='q')": ("?q=a", "'a'"),
    "x: str = Query('none', alias='q')": ("?x=a", "'none'"),
    "x: str | None = Query()": ("", "None"),
    "x: str | None = Query(None)": ("", "None"),
    "x: str | None = Query('a')": ("", "'a'"),
    "x: 'int' = Query(1)": ("?x=2", "2"),
    "x: list[str] = Query([])": ("", "[]"),
    "x: list[str] = Query([], alias='t')": ("?t=a&t=b", "['a', 'b']"),
    "x: Annotated[int, Query(ge=1)] = 1": ("?x=2", "2"),
    "x: Annotated[int, Query(ge=1)] = 1 ": ("?x=0", "422 x: Input should be greater than or equal to 1"),
    "x: Annotated[int, at.Le(3)] = Query(1, ge=1)": ("?x=4", "422 x: Input should be less than or equal to 3"),
    "x: Page = 1": ("?p=2", "2"),
    "x: Annotated[Page, Field(le=3)]": ("?p=4", "422 p: Input should be less than or equal to 3"),
    "user_agent: str = Header()\nx = user_agent": ("", "'tests'"),
    "x: str = Header('none', alias='X-Thing')": ("", "'thing'"),
    "x: int = Cookie(alias='n', ge=3)": ("", "3"),
    "x: int = Cookie(alias='n', ge=4)": ("", "422 n: Input should be greater than or equal to 4"),
    "item_id: int\nx = item_id": ("", "5"),
    "item_id: int = Path()\nx = item_id": ("", "5"),
    "item_id: int = Path(ge=6)\nx = item_id": ("", "404 Not Found"),
    "item_id: Annotated[str, Field(pattern='^[a-z]+$')]\nx = item_id": ("", "404 Not Found"),
    "item_id: Annotated[int, Path(ge=1)]\nx = item_id": ("", "5"),
    "x: Annotated[int, Path(alias='item_id')]": ("", "5"),
    "x: int = Path(alias='item_id')": ("", "5"),
    "item_id: int = Query()\nx = item_id": ("?item_id=7", "7"),
    "item_id: int\nitem_id: int = item_id + 1\nx = item_id": ("", "6"),
    "if POST:\n    y: int = Query()\nx = 1": ("", "1"),
    "if not POST:\n    x: int = Query(2)": ("", "2"),
    "low = 3\nx: int = Query(low + 1)": ("", "4"),
    "calls = []\nx: int = Query(calls.append(1) or 2)\nx = (x, calls)": ("", "(2, [1])"),
    "calls = []\nx: int = Query(calls.append(1) or 2)\nx = (x, calls) ": ("?x=1", "(1, [])"),
    "x: str = Fixed()": ("", "'fixed'"),
    "x: str = Fixed('other')": ("", "'other'"),
    "x: str = Fixed(text='other')": ("", "'other'"),
    "x: int = Fixed(None, default=1 + 1)": ("", "2"),
    "x: str = fixed": ("", "'fixed'"),
    "made = partial(Fixed, 'p')\nx: str = made()": ("", "'p'"),
    "x: Annotated[str, Fixed()]": ("", "'fixed'"),
    "Q = Query\nx: int = Q(1)": ("?x=2", "2"),
    "x: int = hyperpy.Query(1)": ("?x=2", "2"),
    "m: Final = Query(alias='q')\nx: Annotated[int, m] = 1": ("?q=2", "2"),
    "m: InputMarker = Query(alias='q')\nx: Annotated[int, m] = 1": ("?q=2", "2"),
    "m: type[InputMarker] = Fixed\nx: str = m()": ("", "'fixed'"),
    "def f(m: InputMarker = Fixed()):\n    return m.value(request, '')\nx = f()": ("", "'fixed'"),
    "type Maybe = int | None\nx: Maybe": ("", "None"),
    "type Maybe = int | None\nx: Annotated[Maybe, Query()]": ("", "None"),
    "x: Annotated[str, 'documented', object()]": ("?x=a", "'a'"),
    "r: Annotated[Request, 'the request']\nx = r.url.path[-1]": ("", "'5'"),
    "try:\n    x: int = Query(1)\nexcept ValueError:\n    x = 2": ("?x=3", "3"),
    "match 1:\n    case 1:\n        x: int = Query()": ("?x=3", "3"),
    "x: int = Query(1)\nx += 1": ("?x=3", "4"),
    "m = Query(alias='q')\nx: Annotated[int, m] = 1": ("?q=2", "2"),
    "Short = Annotated[str, Field(max_length=1)]\nx: Short": ("?x=ab", "422 x: String should have at most 1 character"),
    "Key = NewType('Key', int)\nx: Key = Query()": ("?x=1", "1"),
    "Key = TypeAliasType('Key', Annotated[int, Field(ge=2)])\nx: Key": ("?x=2", "2"),
    "Short = constr(max_length=1)\nx: Short": ("?x=ab", "422 x: String should have at most 1 character"),
    "x: list[int] = Loaded()\nasync def load():\n    global x\n    x = [1]": ("", "[1]"),
    "x: int = Loaded()\ndef fill():\n    global x\n    x = 2\nfill()": ("?x=3", "2"),
    "if True:\n    x: int = Loaded()\nx = 1": ("?x=3", "1"),
    "x: int = 5": ("?x=7", "5"),
    "x: bool = False": ("?x=true", "False"),
    "x: Final = 5": ("?x=7", "5"),
    "item_id: int = int(request.path_params['item_id'])\nx = item_id": ("", "5"),
    "for item_id in [1]:\n    pass\nx = item_id": ("", "1"),
}


async def test_spellings(site: Site) -> None:
    files = {
        f"r{number}/{{item_id}}.py": f"{IMPORTS}{TYPES}request: Request\n{source}\nt'{{repr(x):safe}}'"
        for number, source in enumerate(SPELLINGS)
    }
    client, wrong = site(files), {}
    headers = {"accept": "text/plain", "user-agent": "tests", "x-thing": "thing", "cookie": "n=3"}
    for number, (source, (query, expected)) in enumerate(SPELLINGS.items()):
        answer = await client.get(f"/r{number}/5{query}", headers=headers)
        found = answer.text if answer.status_code == 200 else f"{answer.status_code} {answer.text}"
        if found.replace("Unprocessable Content\n", "") != expected:
            wrong[source] = found
    assert wrong == {}


async def test_a_default_is_evaluated_for_each_request(site: Site) -> None:
    source = """
        from hyperpy import Query
        class Calls:
            count = 0
        def count():
            Calls.count += 1
            return Calls.count
        x: int = Query(count(), le=99)
        tags: list[str] = Query([])
        tags.append("a")
        t"{x} {tags}"
        """
    client = site({"index.py": source})
    assert [(await client.get(url)).text for url in ("/", "/?x=9", "/")] == ["1 a", "9 a", "2 a"]


# A declaration in `{item_id}.py`, and the beginning and the hint of its error.
LOAD_ERRORS: Mapping[str, tuple[str, str]] = {
    # the marker
    "x: Annotated[Query(), int]": ("the type comes first", "Annotated[str, Query()]"),
    "x: Annotated[Query(), int] = 5": ("the type comes first", "Annotated[str, Query()]"),
    "x: Annotated[int, Query]": ("`Query` of `x` is not called", "Call it: `Query()`."),
    "x: Annotated[int, Fixed] = 1": ("`Fixed` of `x` is not called", "Call it: `Fixed()`."),
    "x: int = Query": ("`Query` of `x` is not called", "Call it: `Query()`."),
    "x: str = Fixed": ("`Fixed` of `x` is not called", "Call it: `Fixed()`."),
    "x: Query": ("the annotation of `x` is an input marker", "`x: str = Query()`"),
    "x: Query = 5": ("the annotation of `x` is an input marker", "`x: str = Query()`"),
    "x: Query()": ("the annotation of `x` is an input marker", "`x: str = Query()`"),
    "x: Query() = 1": ("the annotation of `x` is an input marker", "`x: str = Query()`"),
    "x: Annotated[int, Query(), Cookie()]": ("`x` has 2 input markers", "Keep one"),
    "x: Annotated[Page, Header()]": ("`x` has 2 input markers", "Keep one"),
    "x: Annotated[int, Query()] = Query(1)": ("`x` has 2 input markers", "Keep one"),
    "x: Page = Query(1)": ("`x` has 2 input markers", "Keep one"),
    "x: Annotated[int, InputMarker]": ("`InputMarker` has no value", "subclass"),
    "x: Annotated[int, InputMarker()]": ("the annotation of `x` can't be evaluated", "arguments"),
    "type T = list[Nope]\nx: T": (
        "the annotation of `x` uses `Nope`, which this file doesn't define",
        "Import `Nope`.",
    ),
    "type T = Annotated[int, Query(ge=1 / 0)]\nx: T = 1": (
        "the annotation of `x` can't be evaluated",
        "Check the arguments",
    ),
    "type T[A] = dict[str, T[A] | Nope]\nx: Annotated[T[int], Query()]": (
        "the annotation of `x` uses `Nope`",
        "Import",
    ),
    "x: int = InputMarker()": ("can't make the input marker of `x`", "arguments"),
    "x: list[Annotated[int, Query()]] = []": ("an input marker has to be in the outermost", "`x: T | None = …`"),
    "x: Annotated[int, Query()] | None = None": ("an input marker has to be in the outermost", "`x: T | None = …`"),
    "x: dict[str, Page] = {}": ("an input marker has to be in the outermost", "`x: T | None = …`"),
    "x: NewType('N', Annotated[int, Header()]) | None": ("an input marker has to be in the outermost", "Put"),
    "x: Annotated[int, Query(1)]": ("the default of `x` can't be inside its annotation", "Query(alias="),
    "m = Query(1)\nx: int = m": ("the default of `x` can't be inside its annotation", "Query(alias="),
    "x: int = Query(1, default=2)": ("the default of `x` can't be inside its annotation", "Query(alias="),
    "x: int = Query(*[1])": ("the default of `x` can't be inside its annotation", "Query(alias="),
    "x: int = Query(...)": ("`...` would be the value of `x`", "Leave the `...` out"),
    "x: Annotated[int, Query()] = ...": ("`...` would be the value of `x`", "Leave the `...` out"),
    "x: int = Query(1, gee=1)": ("can't make the input marker of `x`: TypeError: Query() got", "once"),
    "x: int = Query(1, aliaz='q')": ("can't make the input marker of `x`: TypeError: Query() got", "once"),
    "low = 1\nx: int = Query(1, ge=low)\nlow = 2": ("can't make the input marker of `x`: NameError", "its default"),
    "x: Final[int] = Query(1)": ("the input `x` can't be Final", "set once"),
    "x: int = Query(1)\nx: int = Query(2)": ("`x` is declared as an input twice", "Keep one"),
    "from os import sep as x\nx: str = Query('')": ("`x` is imported at line ", "Give one of the two"),
    "x = 'constant'\nx: str = Query('')": ("`x` is set at line ", "Give one of the two another name"),
    "def x(): ...\nx: str = Query('')": ("`x` is set at line ", "Give one of the two another name"),
    "if POST:\n    x = 1\n    x: str = Query('')": ("`x` is set at line ", "Give one of the two another name"),
    "x.y: int = Query(1)": ("an input must be a plain name", "Query()"),
    "x = Query(1)\nprint(x)": ("`x` is an input marker, not a value", "`x: T = Query(1)`"),
    "def f(x: int = Query(1)): pass": ("`Query(1)` is not read in the parameters", "top level"),
    "async def load(x: int = Query(1)): pass": ("`Query(1)` is not read in the parameters", "top level"),
    "def f(x: Annotated[int, Query()]): pass": ("`Query()` is not read in the parameters", "top level"),
    "def f():\n    x: int = Query(1)": ("`Query(1)` is not read in a function", "top level"),
    "async def load(x: str = Fixed()): pass": ("`Fixed()` is not read in the parameters", "top level"),
    "def f(*, x: str = Fixed()): pass": ("`Fixed()` is not read in the parameters", "top level"),
    "f = lambda x=Query(1): x": ("`Query(1)` is not read in the parameters", "top level"),
    "x: int = Query(1) if POST else 2": ("`Query(1)` is not read in an expression", "top level"),
    "x: int = Query(1) or 2": ("`Query(1)` is not read in an expression", "top level"),
    "x: int = int(Query(1))": ("`Query(1)` is not read in the arguments of a call", "top level"),
    "x: int = Query(Query(1))": ("`Query(1)` is not read in the arguments of a call", "top level"),
    "x = Query(1) if POST else 2": ("`Query(1)` is not read in an expression", "top level"),
    "(x := Query(1))": ("`Query(1)` is not read in an expression", "top level"),
    "print(Query(1))": ("`Query(1)` is not read in an expression", "top level"),
    "t'{Query(1)}'": ("`Query(1)` is not read in an expression", "top level"),
    "x: int = Query(alias=5)": ("can't make the input marker of `x`: TypeError: the alias of Query()", "once"),
    "class Filter:\n    x: int = Query(1)": ("`Query(1)` is not read in a class", "top level"),
    "class Filter:\n    x: Annotated[int, Query()] = 1": ("`Query()` is not read in a class", "top level"),
    "def made() -> Fixed:\n    return Fixed()\nx: str = made()": ("the input marker of `x` isn't known", "returns"),
    "def made():\n    return Fixed()\nx: str = made()": ("the input marker of `x` isn't known", "returns"),
    "one = 1\ndef made():\n    one\n    return Fixed()\none = 2\nx: Annotated[str, made()] = ''": (
        "the input marker of `x` isn't known",
        "import the whole type",
    ),
    # the path
    "item_id: int = 5": ("`item_id` is a parameter of the URL", "`item_id: int`"),
    "item_id: Final = 5": ("`item_id` is a parameter of the URL", "`item_id: Final`"),
    "item_id: str = str(5)": ("`item_id` is a parameter of the URL", "`item_id: str`"),
    "item_id: int = Loaded()\nitem_id = 1": ("`item_id` is a parameter of the URL", "another name"),
    "item_id: int = Path(5)": ("the default of `item_id` would never be used", "Remove"),
    "item_id: int = Path(...)": ("`...` would be the value of `item_id`", "Leave the `...` out"),
    "item_id: Annotated[int, Path()] = 5": ("the default of `item_id` would never be used", "Remove"),
    "itemid: int = Path()": ("the URL of this file has no parameter `itemid`", "Did you mean `item_id`?"),
    "x: int = Path(alias='y')": ("the URL of this file has no parameter `y`", "It has `item_id`"),
    "item_id: list[int] = Path()": ("`item_id: list[int]` can't be taken", "one string"),
    "item_id: Model": ("`item_id: Model` can't be taken", "one string"),
    # Loaded
    "x: int = Loaded()": ("nothing in this file sets `x`", "global x"),
    "x: int = Loaded\nx = 1": ("`Loaded` is not called", "`x: int = Loaded()`"),
    "x = Loaded()": ("`Loaded()` means nothing here", "at the top level"),
    "x: Annotated[int, Loaded()]\nx = 1": ("`Loaded()` means nothing here", "at the top level"),
    "def f():\n    x: int = Loaded()": ("`Loaded()` means nothing here", "at the top level"),
    # the type
    "x: Model = Query()": ("`x: Model` can't be taken from the request", "Json"),
    "x: dict = Query()": ("`x: dict` can't be taken from the request", "Json"),
    "x: list[Model] = Query()": ("`x: list[Model]` can't be taken from the request", "Json"),
    "x: list[list[int]] = Query()": ("`x: list[list[int]]` can't be taken from the request", "Json"),
    "x: list[int] = Cookie()": ("`x: list[int]` can't be taken from the request", "repeat"),
    "x: int | list[int] = Query()": ("`x: int | list[int]` can't be taken from the request", "Json"),
    "x: int | Model = Query()": ("`x: int | Model` can't be taken from the request", "Json"),
    "x: Tree = Query()": ("`x: Tree` can't be taken from the request", "Json"),
    "x: Odd = Query()": ("`x: Odd` can't be taken from the request", "Json"),
    "x: type[int] = Query()": ("`x: type[int]` can't be taken from the request", "Json"),
    "x: URL = Query()": ("`x: URL` can't be taken from the request", "Json"),
    "x: None = Query()": ("`x: None` can't be taken from the request", "Json"),
    "x: list[int]": ("`x: list[int]` can't be taken from the request", "`x: list[int] = Query()`"),
    "x: Any": ("`x: Any` can't be taken from the request", "global x"),
    "x: object": ("`x: object` can't be taken from the request", "global x"),
    "x: Model": ("`x: Model` can't be taken from the request", "global x"),
    "x: str = Query(ge=1)": ("the constraint `ge` can't be applied to `x: str`", "`ge=1`"),
    "x: int = Query(min_length=1)": ("the constraint `min_length` can't be applied to `x: int`", "length"),
    "x: int = Query(pattern='1')": ("the constraint `pattern` can't be applied to `x: int`", "pattern"),
    "x: int | None = Query(max_length=1)": ("the constraint `max_length` can't be applied", "length"),
    "x: str = Query(pattern='(')": ("pydantic can't read the type of `x`", "constraints"),
    "x: EmailStr": ("pydantic can't read the type of `x`: email-validator is not installed", "Check"),
    "x: Annotated[int, Field(1), Query()]": ("the default of an input can't be in a `Field`", "value"),
    "x: Annotated[int, Field(alias='y')]": ("the alias of an input can't be in a `Field`", "Query(alias="),
    "x: nothing": ("the annotation of `x` uses `nothing`", "Import"),
}


def test_what_can_not_be_an_input_is_a_load_error(write: Write) -> None:
    wrong = {}
    for source, (what, hint) in LOAD_ERRORS.items():
        folder = write({"{item_id}.py": f"{IMPORTS}{TYPES}{source}\nt''"})
        try:
            Hyper(routes=folder, static=None)
            wrong[source] = "loads"
        except HyperError as error:
            is_expected = error.what.startswith(what) and hint in error.hint and error.place
            if not is_expected:
                wrong[source] = f"{error.what} | {error.hint}"
        except Exception as error:  # noqa: BLE001
            wrong[source] = repr(error)
    assert wrong == {}
