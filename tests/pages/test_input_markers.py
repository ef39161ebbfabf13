"""Input markers that a site defines itself, as `Query`, `Header` and `Cookie` are defined."""

from collections.abc import Mapping

import pytest

from hyperpy import Hyper
from hyperpy.exceptions import HyperError
from tests.support.sites import Site, Write

MARKERS = """
    from dataclasses import dataclass
    from functools import partial
    from typing import Annotated
    from hyperpy import HTTPException, InputMarker, Query

    class User:
        def __init__(self, name):
            self.name = name

    class ClientIP(InputMarker):
        def value(self, request, name):
            return request.client.host

    @dataclass
    class Session(InputMarker):
        key_in_session: str
        def value(self, request, name):
            return {"n": "5", "bad": "x", "empty": "", "items": ["1", "2"]}.get(self.key_in_session)
        def key(self, name):
            return f"session {self.key_in_session}"

    class CurrentUser(InputMarker):
        def value(self, request, name):
            user = request.headers.get("user")
            if user == "eve":
                raise HTTPException(403, "No entry")
            return User(user) if user else None
        def vary(self, name):
            return "User"

    class Named(InputMarker):
        def value(self, request, name):
            return name

    client_ip = ClientIP()
    five = partial(Session, "n")
    type Number[T] = Annotated[T, Session("n")]
    """

VALUES: Mapping[str, tuple[str, str]] = {
    "as a value": ("x: str = ClientIP()", "127.0.0.1"),
    "a condition": ("x: Annotated[str, ClientIP() if five else Query()] = ''", "127.0.0.1"),
    "an instance as a value": ("x: str = client_ip", "127.0.0.1"),
    "a partial as a value": ("x: int = five()", "5"),
    "as a value with a default": ("x: int = Session('none', default=1 + 1)", "2"),
    "an optional value": ("x: int | None = Session('none')", "None"),
    "a call": ("x: Annotated[str, ClientIP()]", "127.0.0.1"),
    "an instance": ("x: Annotated[str, client_ip]", "127.0.0.1"),
    "a partial": ("x: Annotated[int, five()]", "5"),
    "converted": ("x: Annotated[int, Session('n')]", "5"),
    "checked": ("x: Annotated[int, Session('n'), Field(ge=1)]", "5"),
    "a default": ("x: Annotated[int, Session('none')] = 1 + 1", "2"),
    "a value before its default": ("x: Annotated[int, Session('n')] = 1", "5"),
    "optional": ("x: Annotated[int | None, Session('none')]", "None"),
    "an empty text for a number": ("x: Annotated[int, Session('empty')] = 3", "3"),
    "a list": ("x: Annotated[list[int], Session('items')]", "[1, 2]"),
    "an object": ("u: Annotated[User, CurrentUser()]\nx = u.name", "'ada'"),
    "no object": ("x: Annotated[User | None, Session('none')]", "None"),
    "the variable's name": ("word: Annotated[str, Named()]\nx = word", "'word'"),
    "a generic type": ("x: Number[int]", "5"),
    "a generic type with a default": ("x: Number[int] = 1", "5"),
    "a class of the file": (
        "class M(InputMarker):\n    def value(self, request, name):\n        return 'me'\nx: Annotated[str, M()] = ''",
        "'me'",
    ),
    "in a block": ("if True:\n    x: Annotated[int, Session('n')] = 1", "5"),
}


async def test_values(site: Site) -> None:
    imports = "from typing import Annotated\nfrom pydantic import Field\nfrom ._markers import *\n"
    files = {f"r{n}.py": f"{imports}{source}\nt'{{repr(x):safe}}'" for n, (source, _) in enumerate(VALUES.values())}
    client = site({"_markers.py": MARKERS, **files})
    found = {how: (await client.get(f"/r{n}", headers={"user": "ada"})).text for n, how in enumerate(VALUES)}
    expected = {how: text.replace("127.0.0.1", "'127.0.0.1'") for how, (_, text) in VALUES.items()}
    assert found == expected


async def test_missing_and_invalid_values_are_named_by_their_key(site: Site) -> None:
    source = """
        from typing import Annotated
        from ._markers import CurrentUser, Session, User
        a: Annotated[int, Session("none")]
        b: Annotated[int, Session("bad")]
        c: Annotated[User, CurrentUser()]
        d: Annotated[User, Session("n")]
        t"<p>"
        """
    answer = await site({"_markers.py": MARKERS, "index.py": source}).get("/", headers={"accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["fields"] == {
        "session none": "is required",
        "session bad": "Input should be a valid integer, unable to parse string as an integer",
        "c": "is required",
        "session n": "Input should be an instance of User",
    }


async def test_a_marker_may_refuse_the_request(site: Site) -> None:
    source = "from typing import Annotated\nfrom ._markers import *\nu: Annotated[User, CurrentUser()]\nt'{u.name}'"
    client = site({"_markers.py": MARKERS, "index.py": source})
    answers = [await client.get("/", headers={"user": user, "accept": "*/*"}) for user in ("ada", "eve")]
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "ada"), (403, "No entry")]


ANSWERS = {
    "page": "t'<p>{x}</p>'",
    "response": "JSONResponse([1])",
    "stream": "async def stream():\n    yield ('name', x)",
}


@pytest.mark.parametrize("answer", ANSWERS)
async def test_answers_vary_by_what_their_inputs_depend_on(site: Site, answer: str) -> None:
    inputs = {
        "Header()": "x",
        "Header(alias='X-Token')": "x-token",
        "Cookie()": "cookie",
        "CurrentUser()": "User",
        "Query()": "",
        "Session('none')": "",
    }
    imports = "from typing import Annotated\nfrom hyperpy import *\nfrom ._markers import *\n"
    files = {
        f"r{n}.py": f"{imports}x: Annotated[str | None, {marker}] = None\n{ANSWERS[answer]}"
        for n, marker in enumerate(inputs)
    }
    client = site({"_markers.py": MARKERS, **files})
    found = {marker: (await client.get(f"/r{n}")).headers.get("vary", "") for n, marker in enumerate(inputs)}
    assert {marker: vary for marker, vary in found.items() if vary.removesuffix(", Accept") != inputs[marker]} == {}


MISUSED = {
    "x: Annotated[str, Session]": "`Session` of `x` is not called",
    "x: Annotated[str, Session()]": "the annotation of `x` can't be evaluated: TypeError: ",
    "x: str = Session()": "can't make the input marker of `x`: TypeError: ",
    "x: Annotated[str, InputMarker]": "`InputMarker` has no value",
    "x: Annotated[str, Query(), ClientIP()]": "`x` has 2 input markers",
    "x: Annotated[str, ClientIP()] = ClientIP()": "`x` has 2 input markers",
    "x: Annotated[str, ClientIP()] | None": "an input marker has to be in the outermost `Annotated[…]`",
    "x.y: Annotated[str, ClientIP()] = ''": "an input must be a plain name",
}


def test_a_marker_that_is_misused_is_a_load_error(write: Write) -> None:
    imports = "from typing import Annotated\nfrom ._markers import *\n"
    found = {}
    for source in MISUSED:
        folder = write({"_markers.py": MARKERS, "index.py": f"{imports}{source}\nt''"})
        with pytest.raises(HyperError) as caught:
            Hyper(routes=folder, static=None)
        assert caught.value.place is not None
        found[source] = f"{caught.value.place.line} {caught.value.what}"
    wrong = {source: error for source, error in found.items() if not error.startswith(f"3 {MISUSED[source]}")}
    assert wrong == {}


UNKNOWN_BEFORE = {
    "a function": "x: Annotated[str, ip()] = ''",
    "a class method": "x: Annotated[str, Maker.ip()] = ''",
    "a dict of markers": "x: Annotated[str, MARKERS['ip']] = ''",
    "a dict of types": "x: TYPES['ip'] = ''",
    "unpacked": "x: Annotated[str, *MARKERS.values()] = ''",
    "a string": "x: 'Annotated[str, ip()]' = ''",
    "a type of the file's own": "IP = Annotated[str, ip()]\nx: IP = ''",
    "a function of the file's own": "def mine():\n    return ip()\nx: Annotated[str, mine()] = ''",
    "in a block": "if 1:\n    x: Annotated[str, ip()] = ''",
    "a name that is set too": "x: Annotated[str, ip()]\nx = x.strip()",
}

MAKERS = """
from typing import Annotated
from ._markers import *

def ip():
    return ClientIP()

class Maker:
    @classmethod
    def ip(cls):
        return ClientIP()

MARKERS = {"ip": ClientIP()}
TYPES = {"ip": Annotated[str, ClientIP()]}
"""


@pytest.mark.parametrize("how", UNKNOWN_BEFORE)
def test_a_marker_is_never_ignored(write: Write, how: str) -> None:
    source = f"from ._makers import *\n{UNKNOWN_BEFORE[how]}\nt'{{x}}'"
    folder = write({"_markers.py": MARKERS, "_makers.py": MAKERS, "index.py": source})
    with pytest.raises(HyperError, match="the input marker of `x` isn't known before the file runs"):
        Hyper(routes=folder, static=None)


INPUTS = [
    "user: str | None = Cookie(None)",
    "user: 'str | None' = Cookie(None)",
    "user: Annotated[str | None, Cookie()] = None",
    "user: str = Depends(lambda: 'Ada')",
]


@pytest.mark.parametrize("written", INPUTS)
@pytest.mark.parametrize("imports", ["from routes._base import user", "from ._base import *", "from . import _base"])
def test_an_input_in_a_file_that_is_no_route_is_an_error(write: Write, written: str, imports: str) -> None:
    base = f"from typing import Annotated\nfrom hyperpy import *\n{written}"
    folder = write({"_base.py": base, "index.py": f"{imports}\nt'x'"})
    with pytest.raises(HyperError, match="`user` is an input only in a route file or a guard") as caught:
        Hyper(routes=folder, static=None)
    assert f"Write `{written.replace("'", '')}`" in str(caught.value).replace("'", "")


UNDECLARED = ["if True:\n    user: str = Cookie(None)", "user = Cookie(None)", "user = Form('')"]


USES = ["if not user:\n    1", "if user is None:\n    1", "x = f'{user}'", "x = user == 'Ada'"]


@pytest.mark.parametrize("written", UNDECLARED)
@pytest.mark.parametrize("use", [*USES, "t'{user}'"])
def test_a_marker_of_another_file_that_is_taken_for_a_value_is_an_error(write: Write, written: str, use: str) -> None:
    files = {"_base.py": f"from hyperpy import *\n{written}", "index.py": f"from ._base import user\n{use}\nt'x'"}
    with pytest.raises(HyperError, match=r"`user` is (Cookie|Form)\(\) itself here"):
        Hyper(routes=write(files), static=None)


@pytest.mark.parametrize("written", UNDECLARED)
@pytest.mark.parametrize("use", USES)
def test_a_marker_that_its_own_file_takes_for_a_value_is_an_error(write: Write, written: str, use: str) -> None:
    base = f"from hyperpy import *\n{written}\ndef check():\n    {use.replace('\n', '\n    ')}"
    with pytest.raises(HyperError, match=r"`def check\(user\):`"):
        Hyper(routes=write({"_base.py": base, "index.py": "from ._base import check\nt'x'"}), static=None)


@pytest.mark.parametrize("use", ["if holder.user:\n    1", "x = str(holder.user)", "x = f'{holder.user}'"])
async def test_a_marker_has_no_truth_and_no_text(site: Site, use: str) -> None:
    """Where analysis can't see it."""
    base = "from hyperpy import *\nclass holder:\n    user = Cookie(None)"
    files = {"_base.py": base, "_guard.py": f"from ._base import holder\n{use}"}
    guarded = await site(files | {"index.py": "t'secret'"}).get("/")
    shown = await site({"_base.py": base, "index.py": "from ._base import holder\nt'secret {holder.user}'"}).get("/")
    for answer in (guarded, shown):
        assert (answer.status_code, "secret" in answer.text) == (500, False)


async def test_types_and_markers_can_be_shared(site: Site) -> None:
    base = """
        from typing import Annotated
        from hyperpy import *
        Page = Annotated[int, Query()]
        Size: InputMarker = Query(10)
        title: str = "Books"
        limits: list[int] = [1]
    """
    source = "from ._base import *\npage: Page = 1\nt'{title} {page} {limits}'"
    assert (await site({"_base.py": base, "index.py": source}).get("/?page=3")).text == "Books 3 1"


async def test_other_annotations_are_left_alone(site: Site) -> None:
    annotated = "Q: InputMarker = Query()\na: list[int] = [1]\nb: missing = 2\nc: 'no type[' = 3"
    source = f"from hyperpy import *\n{annotated}\nt'{{a}}{{b}}{{c}}'"
    assert (await site({"index.py": source}).get("/")).text == "123"


@pytest.mark.parametrize(
    ("returned", "what"),
    [
        ("self.later()", "coroutine"),
        ("PlainTextResponse('')", "PlainTextResponse"),
    ],
)
async def test_a_marker_that_returns_a_refusal_is_an_error(site: Site, returned: str, what: str) -> None:
    source = f"""
        from typing import Annotated, Any
        from hyperpy import *

        class User(InputMarker):
            def value(self, request, name):
                return {returned}

            async def later(self):
                pass

        user: Annotated[Any, User()] = "nobody"
        t"secret"
        """
    answer = await site({"index.py": source}, debug=True).get("/")
    assert answer.status_code == 500
    assert f"User.value() returned a {what} for `user`" in answer.text
