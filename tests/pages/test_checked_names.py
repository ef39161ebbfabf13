"""Names that a route file may not use, or not in that way, and the many legal ways to define a name."""

import builtins
from collections.abc import Mapping
from textwrap import dedent, indent

import pytest

from hyperpy import Hyper
from hyperpy.exceptions import HyperError
from tests.support.sites import Site, Write

PAGE = "\nt'<p>{1}</p>'"


def load_errors(write: Write, sources: Mapping[str, str]) -> dict[str, HyperError]:
    """The errors of many files that are loaded together, by their titles."""
    folder = write({f"r{number}.py": dedent(source) for number, source in enumerate(sources.values())})
    by_file = {str(folder / f"r{number}.py"): title for number, title in enumerate(sources)}
    errors = Hyper(routes=folder, static=None, debug=True).load_errors
    return {by_file[error.place.file]: error for error in errors if error.place}


def unexpected(found: Mapping[str, HyperError], expected: Mapping[str, str]) -> dict[str, str]:
    """The titles whose errors don't contain the expected text."""
    texts = {title: str(found.get(title, "no error")) for title in {*found, *expected}}
    return {title: text for title, text in texts.items() if expected.get(title, "no error at all") not in text}


LEGAL = {
    "a star import": 'from os.path import *\nt\'{join("a", "b")}\'',
    "a late star import": "x = [1]\nif x:\n    from os.path import *\ndef f(): return join('a')" + PAGE,
    "an import that may fail": "try:\n    import orjson\nexcept ImportError:\n    orjson = None\ndef f(): return orjson"
    + PAGE,
    "an import for type checkers": """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from nowhere import Thing
        def f(x: Thing) -> Thing:
            y: Thing = x
            return y
        t"<p>"
    """,
    "annotations": "def f(x: A, *y: B, **z: C) -> D: return x\nclass E:\n    x: F" + PAGE,
    "annotations as strings": "from __future__ import annotations\ndef f(x: A) -> B: return x" + PAGE,
    "comprehensions": "xs = [y for x in [[1]] for y in x if y]\nd = {k: v for k, v in {}.items()}" + PAGE,
    "a class": """
        class A:
            from enum import auto
            x = 1
            y = x
            z = [x for x in range(3)]
            w = auto()
            where = __module__, __qualname__
            try:
                pass
            except ValueError as error:
                print(error)
            def f(self): return __class__, super().f(), self.__x
        t"<p>"
    """,
    "a class with a metaclass": """
        class Meta(type):
            def __prepare__(name, bases): return {"given": 1}
        class A(metaclass=Meta):
            x = given
        t"<p>"
    """,
    "type parameters": """
        def f[T: int](x: T) -> T: return T
        class A[U]:
            z = U
            def g(self): return U
        type B[V] = list[V]
        type C = Nowhere
        t"<p>"
    """,
    "globals() by a literal": "globals()['foo'] = 1\ndef f(): return foo" + PAGE,
    "globals().update": "globals().update(foo=1, **{'bar': 2})\ndef f(): return foo" + PAGE,
    "globals() by a value": "globals().update({k: 1 for k in 'ab'})\ndef f(): return a + b" + PAGE,
    "globals() under another name": "g = globals()\ng['foo'] = 1\ndef f(): return foo" + PAGE,
    "a look-up in globals()": "def f():\n    if 'foo' in globals():\n        return foo" + PAGE,
    "exec": "exec('foo = 1')\ndef f(): return foo" + PAGE,
    "setattr of builtins": """
        import builtins
        setattr(builtins, "test_of_names_a", 1)
        builtins.test_of_names_b = 2
        def f(): return test_of_names_a + test_of_names_b
        t"<p>"
    """,
    "setattr of the module": "import sys\nsetattr(sys.modules[__name__], 'foo', 1)\ndef f(): return foo" + PAGE,
    "attributes of the module": "t'{__file__} {__name__} {str(__spec__)} {str(__doc__)}'",
    "a NameError that is expected": """
        from contextlib import suppress
        def f():
            try:
                return unicode
            except (NameError, AttributeError):
                return str
        with suppress(NameError):
            print(reality)
        try:
            q
        except NameError:
            q = 1
        t"{q}"
    """,
    "a NameError that is expected before": """
        def is_notebook():
            try:
                get_ipython
            except NameError:
                return False
            return get_ipython().kernel
        def display(x):
            if "show" in dir(): show(x)
        t"<p>"
    """,
    "versions of Python": "import sys\nif sys.version_info < (3,):\n    text = unicode\nelse:\n    text = str" + PAGE,
    "a deleted name": "x = 1\ndel x\ndef f(): return x" + PAGE,
    "global and nonlocal": """
        def f():
            global foo
            foo = bar = 1
            def g():
                nonlocal bar
                bar += 1
            return g
        def h(): return foo
        t"<p>"
    """,
    "match": """
        def f(x):
            match x:
                case {"a": b, **rest}: return b, rest
                case [c, *d] if c: return c, d
                case str() as s: return s
        match f({}):
            case [first, *_] if first: print(first)
            case other: print(other)
        t"<p>"
    """,
    "format specs": "width = 3\nt'{1:>{width}}'",
    "assignment expressions": "xs = [y for x in [1] if (y := x)]\nprint(y)\nf = lambda: (z := 1) + z" + PAGE,
    "arguments": "f = lambda x, /, *a, y=1, **k: (x, a, y, k)" + PAGE,
    "names of handlers and managers": """
        try:
            pass
        except* ValueError as group:
            print(group)
        with open(__file__) as file, open(__file__) as other:
            print(file, other)
        t"<p>"
    """,
    "a loop that sets a name for its next turn": "for i in range(3):\n    if i:\n        print(last)\n    last = i"
    + PAGE,
    "a loop that ends with the name": "while True:\n    if len(dir()) > 99:\n        print(x)\n    x = 1\n    break"
    + PAGE,
    "one branch": "import random\nif random.random() > 2:\n    a = 1\nif len('ab') == 3:\n    print(a)" + PAGE,
    "try": "try:\n    v = int('x')\nexcept ValueError:\n    v = 0\nelse:\n    v += 1\nfinally:\n    print(v)" + PAGE,
    "a builtin's name": "id = id(1)\nlist = list((1,))" + PAGE,
    "a function that is called later": "def f(): return late\nlate = 1\nprint(f())" + PAGE,
    "a function that sets a name": "def f():\n    global foo\n    foo = 1\nf()\nprint(foo)" + PAGE,
    "a function that a stream calls": (
        "def load():\n    global foo\n    foo = 1\nasync def stream():\n    load()\n    yield t'{foo}'\nt'{foo}'"
    ),
    "a function that is looked up": "def load():\n    global foo\n    foo = 1\nglobals()['load']()\nt'{foo}'",
    "a name that is deleted in one branch": "x = [1]\nif x:\n    del x\nt'{x}'",
    "the name of a handled error": "try:\n    pass\nexcept ValueError as error:\n    t'{error}'\nelse:\n    t'<p>'",
    "a lazy generator": "g = (late for _ in range(1))\nlate = 1\nprint(list(g))" + PAGE,
    "a name that only `del` binds": "q: str\nprint(q)\ndel q" + PAGE,
    "declared names elsewhere": """
        import functools
        q: str
        _p: str = ""
        xs = [q for q in "ab"]
        def f(q): return [q for q in "ab"]
        def g(q):
            def h():
                q = 1
        class A:
            q = 1
        @functools.cache
        def decorated():
            q = 1
        def underscore():
            _p = 1
        def really():
            global q
            q = 1
        t"<p>"
    """,
    "a builtin's name as an input": "id: int\ntype: str\nt'{id}{type}'",
    "request": "from hyperpy import Request\nglobals().update({})\nrequest: Request\nt'{request.method}'",
}


def test_legal_names(write: Write) -> None:
    try:
        found = load_errors(write, LEGAL)
    finally:
        for name in [name for name in vars(builtins) if name.startswith("test_of_names")]:
            delattr(builtins, name)
    assert {title: str(error) for title, error in found.items()} == {}


UNDEFINED = {
    "a stream": ("async def stream():\n    yield t'{dattime.now()}'", "stream() uses `dattime`, which nothing"),
    "a module": (
        "import datetime\ndef f(): return dattime.now()" + PAGE,
        "Did you mean `datetime`? It is set at line 1",
    ),
    "a module that isn't imported": ("def f(): return dattime.now()" + PAGE, "Import it: `import datetime`."),
    "the body": ("x = foo" + PAGE, "this line uses `foo`, which nothing"),
    "a loader": ("async def load():\n    return foo" + PAGE, "load() uses `foo`"),
    "a method": ("class A:\n    def f(self): return usr" + PAGE, "f() uses `usr`"),
    "a name of a class": ("class A:\n    x = 1\n    def f(self): return x" + PAGE, "f() uses `x`"),
    "a comprehension in a class": ("class A:\n    ys = [1]\n    z = [ys for _ in 'ab']" + PAGE, "A uses `ys`"),
    "a default": ("def f(x=foo): return x" + PAGE, "this line uses `foo`"),
    "a decorator": ("@foo\ndef f(): return 1" + PAGE, "this line uses `foo`"),
    "a lambda": ("f = lambda: foo" + PAGE, "this line uses `foo`"),
    "a nested function": ("def f():\n    def g(): return foo\n    return g" + PAGE, "g() uses `foo`"),
    "a name of hyperpy": ("if POST:\n    x = 1" + PAGE, "Import it: `from hyperpy import POST`."),
    "a name of another function": ("def f():\n    foo = 1\ndef g(): return foo" + PAGE, "g() uses `foo`"),
    "beside a mention in globals()": ("def f(): return globals().get('foo')\ndef g(): return bar" + PAGE, "`bar`"),
    "a loader without global": (
        "async def load():\n    user = 1\nt'{user}'",
        "load() sets a local variable of that name. To set it for the whole file, write",
    ),
    "a name like a builtin": ("t'{user}'", "declare it as an input: `user: str`"),
    "a brace in a style": ("t'<style>p { margin: 0 }</style>'", "has a format spec inside CSS"),
    "a brace in a script": (
        "t'<script>function f() { console.log(1) }</script>'",
        "In <script>, write braces twice if they are not a value",
    ),
    "a brace after a script": ("t'<script>x</script><p>{console}</p>'", "\n  Import it, set it in the body"),
    "a slip": ("pirnt(1)" + PAGE, "Did you mean `print`?"),
}


def test_undefined_names(write: Write) -> None:
    found = load_errors(write, {title: source for title, (source, _) in UNDEFINED.items()})
    assert unexpected(found, {title: expected for title, (_, expected) in UNDEFINED.items()}) == {}


UNSET = {
    "before the loader": (
        "title = user.name\nasync def load():\n    global user\n    user = 1\nt'{title}'",
        "`user` is read before load() sets it",
    ),
    "an annotated name": ("q: str\nq = q.strip()\nt'{q}'", "write `q: Annotated[str, Query()]`"),
    "a counter": ("count += 1\nt'{count}'", "`count` is read here, before anything sets it"),
    "a later line": ("x = y\ny = 1" + PAGE, "Set it above this line. It is set at line 2."),
    "after del": ("x = 1\ndel x\nprint(x)" + PAGE, "`x` is read here"),
    "in a branch": ("if len('a'):\n    print(x)\nx = 1" + PAGE, "`x` is read here"),
    "in a comprehension": ("ys = [x for _ in 'ab']\nx = 1" + PAGE, "`x` is read here"),
    "in a class": ("class A:\n    y = x\nx = [1]" + PAGE, "`x` is read here"),
    "in a with": ("with x:\n    x = 1" + PAGE, "`x` is read here"),
    "in a handler": ("try:\n    pass\nexcept ValueError:\n    print(x)\nx = 1" + PAGE, "`x` is read here"),
    "in a loop's head": ("for i in x:\n    pass\nx = 1" + PAGE, "`x` is read here"),
    "in a match": ("match x:\n    case 1: pass\nx = 1" + PAGE, "`x` is read here"),
    "a function that nothing calls": (
        "def load():\n    global user\n    user = 1\nt'{user}'",
        "the template uses `user`, which only load() sets, and nothing calls it",
    ),
    "a name that is deleted": ("x = [1]\ndel x\nt'{x}'", "the template uses `x`, which is not set when it is rendered"),
    "a definition below its use": ("x = helper()\ndef helper(): return 1" + PAGE, "`helper` is read here"),
    "an import below its use": ("x = loads('1')\nfrom json import loads" + PAGE, "`loads` is read here"),
    "a definition of the request": ("a = [1]\nx = f()\ndef f(): return a" + PAGE, "`f` is read here"),
}


def test_names_that_are_read_before_they_are_set(write: Write) -> None:
    found = load_errors(write, {title: source for title, (source, _) in UNSET.items()})
    assert unexpected(found, {title: expected for title, (_, expected) in UNSET.items()}) == {}


LOCAL = {
    "=": "user = 1",
    "unpacking": "user, x = 1, 2",
    "+=": "user += 1",
    ":=": "print(user := 1)",
    ":= in a comprehension": "[1 for x in [] if (user := x)]",
    "an annotation": "user: str = ''",
    "for": "for user in []: pass",
    "async for": "async for user in aiter([]): pass",
    "with": "with open('x') as user: pass",
    "except": "try: pass\nexcept ValueError as user: pass",
    "import": "import user",
    "import of a part": "import user.part",
    "from": "from json import loads as user",
    "del": "del user",
    "match": "match 1:\n    case user: pass",
    "match a list": "match []:\n    case [*user]: pass",
    "match a dict": "match {}:\n    case {**user}: pass",
    "match as": "match 1:\n    case int() as user: pass",
    "def": "def user(): pass",
    "class": "class user: pass",
    "type": "type user = int",
    "a nested function": "def inner():\n    user = 1\ninner()",
    "nonlocal": "user = None\ndef inner():\n    nonlocal user\n    user = 1",
    "a lambda": "f = lambda: (user := 1)",
    "a method": "class A:\n    def f(self):\n        user = 1",
}
DECLARED = ("user: str", "user: str | None = None", "if len('a'):\n    user: str", "user: 'list[int]'")


@pytest.mark.parametrize("declaration", DECLARED)
def test_a_forgotten_global(write: Write, declaration: str) -> None:
    sources = {
        title: f"{declaration}\nasync def load():\n{indent(code, '    ')}\nt'<p>'" for title, code in LOCAL.items()
    }
    found = load_errors(write, sources)
    assert unexpected(found, dict.fromkeys(LOCAL, "sets a local variable `user`, not the `user` that line")) == {}
    assert "async def load():\n        global user" in found["="].hint


# Each sets `is_admin` to False in some way, and declares it.
SET = {
    "an import": "from ._auth import is_admin\nis_admin: bool",
    "a star import": "from ._auth import *\nis_admin: bool",
    "a star import below": "is_admin: bool\nfrom ._auth import *",
    "a star import for each request": "x = [1]\nis_admin: bool\nif x:\n    from ._late import *",
    "an import for each request": "x = [1]\nis_admin: bool\nif x:\n    from ._auth import is_admin",
    "globals()": "is_admin: bool\nglobals()['is_admin'] = False",
    "globals().update": "is_admin: bool\nglobals().update(is_admin=False)",
    "globals().setdefault": "is_admin: bool\nglobals().setdefault('is_admin', False)",
    "vars()": "is_admin: bool\nvars()['is_admin'] = False",
    "exec": "is_admin: bool\nexec('is_admin = False')",
    "exec in globals()": "is_admin: bool\nexec('is_admin = False', globals())",
    "a function": "is_admin: bool\ndef f():\n    global is_admin\n    is_admin = False\nf()",
    "a nested function": "is_admin: bool\ndef f():\n    def g():\n        global is_admin\n        is_admin = False\n"
    "    g()\nf()",
    "match": "is_admin: bool\nmatch False:\n    case is_admin: pass",
    "a walrus": "is_admin: bool\n[(is_admin := False) for _ in 'a']",
    "a class": "is_admin: bool\nclass A:\n    global is_admin\n    is_admin = False",
    "a value": "is_admin: bool = False",
}


async def test_what_a_file_sets_is_never_an_input(site: Site) -> None:
    pages = {f"r{n}.py": f"{source}\nt'{{str(is_admin)}}'" for n, source in enumerate(SET.values())}
    auth = {"_auth.py": "is_admin = False", "_late.py": "is_admin = False"}
    client = site(auth | pages)
    answers = {title: (await client.get(f"/r{n}?is_admin=1")).text for n, title in enumerate(SET)}
    assert {title: text for title, text in answers.items() if text != "False"} == {}


async def test_what_an_application_puts_into_builtins_is_never_an_input(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builtins, "is_admin", False, raising=False)
    client = site({"index.py": "is_admin: bool\nid: int\nt'{str(is_admin)} {id}'"})
    assert (await client.get("/?is_admin=1&id=2")).text == "False 2"


def test_annotations_whose_names_other_code_may_set(write: Write) -> None:
    sources = {
        "globals()": "q: str\nglobals().update({k: 1 for k in 'ab'})",
        "globals() given away": "q: str\nprint.__call__(globals())",
        "exec": "q: str\nexec(str(1))",
        "setattr": "import sys\nq: str\nsetattr(sys.modules[__name__], str(1), 2)",
        "a star import that fails": "q: str\nx = []\nif x:\n    from nowhere import *",
    }
    found = load_errors(write, {title: source + PAGE for title, source in sources.items()})
    assert unexpected(found, dict.fromkeys(sources, "so it can't be an input as it stands")) == {}


def test_a_star_import_in_a_circle_may_set_any_name(write: Write) -> None:
    files = {
        "_auth.py": "from . import z\nis_admin = False",
        "z.py": "from ._auth import *\nis_admin: bool\nt'{str(is_admin)}'",
        "a.py": "from . import _auth\nt'<p>'",
    }
    app = Hyper(routes=write(files), static=None, debug=True)
    assert "may set `is_admin`" in str(app.load_errors[0])


def test_an_input_that_misspells_a_parameter(write: Write) -> None:
    folder = write({"books/{book_id}.py": "bookid: int\nt'{bookid}'"})
    (error,) = Hyper(routes=folder, static=None, debug=True).load_errors
    assert error.what == "the URL of this file has the parameter `book_id`, not `bookid`"


PRIVATE = {
    "from ._extra import *\ndef Layout(children): return t'{children}{footer}{__name__}'": "",
    "def Layout(children):\n    return t'{title}{children}'\ndef set():\n    global title\n    title = 1": "",
    "def Layout(children): return t'{childern}'": "Layout() uses `childern`, which nothing in this file sets",
    "async def find(): return asyncio.Lock()": "Import it: `import asyncio`.",
    "class Card:\n    def __html__(self): return titel": "__html__() uses `titel`",
}


def test_undefined_names_in_private_files(write: Write) -> None:
    files = {f"_p{n}.py": source for n, source in enumerate(PRIVATE)}
    pages = {f"r{n}.py": f"from . import _p{n}{PAGE}" for n in range(len(PRIVATE))}
    folder = write({"_extra.py": "footer = 1", **files, **pages})
    found = {
        error.place.file: str(error)
        for error in Hyper(routes=folder, static=None, debug=True).load_errors
        if error.place
    }
    expected = {str(folder / f"_p{n}.py"): text for n, text in enumerate(PRIVATE.values()) if text}
    assert found.keys() == expected.keys()
    assert {file: text for file, text in found.items() if expected[file] not in text} == {}
