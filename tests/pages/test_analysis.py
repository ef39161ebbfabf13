"""Source → description: what runs once, the loader, the stream, templates, and files that can't be routes."""

import ast
from textwrap import dedent

import pytest

from hyperpy.app.loaded_routes import PUBLIC_NAMES
from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.analyse import Description, analyse
from hyperpy.pages.analysis.names.bare_inputs import is_star
from hyperpy.pages.analysis.parsed_file import parse
from hyperpy.pages.analysis.vocabulary import Vocabulary

KNOWN = ("hyper", "hyperpy", "starlette", "typing")

# Names that the sources below use without setting them, as if an application had put them into `builtins`.
ELSEWHERE = "E LIMIT audit find helper log query ready row save value wrap x y z"


def described(source: str, *parameters: str) -> Description:
    """The description of a file whose imports of KNOWN packages have run."""
    parsed = parse(dedent(source), "routes/x.py")
    namespace: dict[str, object] = {}
    for node in parsed.tree.body:
        match node:
            case ast.Import(names=[ast.alias(name=name)]) | ast.ImportFrom(module=str(name)) if name in KNOWN:
                exec(compile(ast.Module([node], []), "routes/x.py", "exec"), namespace)  # noqa: S102
    bound = {binding.name for binding in parsed.index.bindings[None] if binding.source is None}
    objects = dict.fromkeys(ELSEWHERE.split(), object()) | namespace
    objects = {name: value for name, value in objects.items() if name not in bound | parsed.bound - namespace.keys()}
    stars = filter(is_star, parsed.index.of(ast.ImportFrom))
    unknown = any(ast.unparse(node).split()[1] not in KNOWN for node in stars)
    starred = None if unknown else frozenset[str]()
    return analyse(parsed, Vocabulary(PUBLIC_NAMES, objects), parameters=frozenset(parameters), starred=starred)


def first_lines(statements: tuple[ast.stmt, ...]) -> list[str]:
    return [ast.unparse(statement).splitlines()[0] for statement in statements]


@pytest.mark.parametrize(
    "definition",
    [
        "import models",
        "from models import User",
        "from routes._base import *",
        "LIMIT = 10",
        "DAY = 24 * 60 * 60",
        "LOWEST = -1",
        "NAMES = ('a', ('b', 1), None, True, b'x')",
        "LIMIT: int = 10",
        "type Pair = tuple[int, int]",
        "class Card: size = [1]",
        "def double(x, factor=2, *, name='a'): return x * factor",
        "async def _later(x): return x",
    ],
)
def test_definitions_run_once(definition: str) -> None:
    found = described(f"{definition}\nt'<p>'")
    assert first_lines(found.once) == [ast.unparse(ast.parse(definition)).splitlines()[0]]
    assert not [s for s in found.before if not isinstance(s, ast.Expr)]


def test_a_final_name_runs_once() -> None:
    found = described(
        """
        from typing import Final
        import re
        WORD: Final = re.compile(r"x")
        COUNT: Final[list[int]] = [1]
        t"<p>"
        """
    )
    assert first_lines(found.once)[-2:] == ["WORD: Final = re.compile('x')", "COUNT: Final[list[int]] = [1]"]


@pytest.mark.parametrize(
    "definitions",
    [
        "if TYPE_CHECKING:\n    from models import User\nelse:\n    LIMIT = 1",
        "try:\n    import uvloop\nexcept ImportError:\n    uvloop = None",
    ],
)
def test_a_block_of_definitions_runs_once(definitions: str) -> None:
    assert len(described(f"from typing import TYPE_CHECKING\n{definitions}\nt'<p>'").once) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "items = []",
        "names = ('a', [])",
        "company = Company.get()",
        "print('x')",
        "for x in (): pass",
        "def f(x=[]): return x",
        "def f(*, x={}): return x",
        "def f(x=LIMIT): return x",
        "value = f'{1}'",
        "if ready():\n    import a",
    ],
)
def test_statements_run_for_each_request(statement: str) -> None:
    found = described(f"import Company\n{statement}\nt'<p>'")
    assert first_lines(found.once) == ["import Company"]
    assert first_lines(found.before)[0] == ast.unparse(ast.parse(statement)).splitlines()[0]


def test_a_definition_that_uses_a_request_variable_runs_for_each_request() -> None:
    found = described(
        """
        user = find()
        def name(): return user.name
        def title(): return "Hello " + name()
        class Card:
            heading = title
        def unrelated(): return 1
        def local(user): return user.name
        t"<p>"
        """
    )
    assert first_lines(found.once) == ["def unrelated():", "def local(user):"]


def test_a_function_that_assigns_a_global_makes_it_a_request_variable() -> None:
    found = described(
        """
        count = 0
        def bump():
            global count
            count += 1
        t"<p>"
        """
    )
    assert found.once == ()


@pytest.mark.parametrize(
    "twice", ["SIZE = 1\nSIZE = 2", "SIZE = 1\nif x():\n    SIZE = 2", "def f(): pass\nf = wrap(f)"]
)
def test_a_name_bound_twice_is_a_variable(twice: str) -> None:
    assert described(f"{twice}\nt'<p>'").once == ()


def test_a_block_under_a_method_flag_runs_for_each_request() -> None:
    found = described("from hyperpy import POST\nif POST:\n    LIMIT = 1\nt'<p>'")
    assert first_lines(found.once) == ["from hyperpy import POST"]


class TestLoader:
    def test_the_first_unreferenced_async_function_without_required_arguments(self) -> None:
        found = described(
            """
            async def _private(): pass
            async def Card(x): pass
            async def used(): pass
            async def load(limit=10, *, deep=False): await used()
            t"<p>"
            """
        )
        assert found.loader == "load"

    def test_one_that_only_the_stream_calls_if_it_declares_a_global(self) -> None:
        source = """
            async def load():
                {}
            async def stream():
                await load()
                yield t"<p>"
            t"<p>"
            """
        assert described(source.format("global user; user = 1")).loader == "load"
        assert described(source.format("return 1")).loader == ""

    def test_one_that_another_function_calls_is_a_helper(self) -> None:
        found = described(
            """
            async def load():
                global user
                user = 1
            def again(): return load()
            async def stream():
                await load()
                yield t"<p>"
            """
        )
        assert found.loader == ""

    def test_it_is_awaited_after_the_definitions_that_follow_it(self) -> None:
        found = described(
            """
            first = find()
            async def load():
                global user
                user = helper(first)
            def helper(x): return first
            label: str
            import models
            second = user.name
            def last(): return second
            label = "x"
            t"<p>"
            """
        )
        assert first_lines(found.before) == ["first = find()", "async def load():", "def helper(x):", "label: str"]
        assert first_lines(found.after)[:2] == ["second = user.name", "def last():"]


class TestStream:
    def test_the_first_unreferenced_async_generator_without_required_arguments(self) -> None:
        found = described(
            """
            async def rows():
                yield "a"
            async def _hidden():
                yield 1
            async def _of(x):
                yield x
            async def live():
                async for row in rows():
                    yield row
            """
        )
        assert found.stream is not None
        assert (found.stream.name, found.stream.line) == ("live", 8)

    def test_a_yield_in_a_nested_function_does_not_make_a_stream(self) -> None:
        found = described("async def load():\n    def inner():\n        yield 1\nt'<p>'")
        assert found.stream is None
        assert found.loader == "load"

    @pytest.mark.parametrize(
        ("yields", "document", "html", "event"),
        [
            ('yield t"<html><p>"', True, True, False),
            ('yield t"""\n  <!DOCTYPE html>"""', True, True, False),
            ('yield "<!doctype html>"', True, False, False),
            ('yield html(t"<html>")', True, True, False),
            ('yield t"<p>{x}"\n    yield ("a", 1)', False, True, True),
            ("yield render(fragments='x')", False, True, False),
            ("yield hyperpy.render(fragments='x')", False, True, False),
            ("yield Markup('<p>')", False, True, False),
            ("yield {'event': 'x'}", False, False, True),
            ("yield JSON(1)", False, False, True),
            ("yield hyperpy.Event(1)", False, False, True),
            ("yield value", False, False, False),
            ('x = 1\n    while True:\n        yield t"<b>"\n        yield value', False, True, False),
            ('yield t"{x}"', False, True, False),
            ("yield", False, False, False),
        ],
    )
    def test_facts_about_its_yields(self, yields: str, document: bool, html: bool, event: bool) -> None:
        imports = "import hyperpy\nfrom hyper import render, html, JSON, Markup\n"
        facts = described(f"{imports}async def stream():\n    {yields}").stream
        assert facts is not None
        assert (facts.begins_document, facts.first_is_html, facts.yields_event) == (document, html, event)


class TestMethods:
    @pytest.mark.parametrize(
        ("body", "methods"),
        [
            ("t'<p>'", "GET HEAD"),
            ("if POST:\n    save()\nt'<p>'", "GET HEAD POST"),
            ("if POST:\n    t'<p>'", "POST"),
            ("if POST and ready():\n    redirect('/')\nelif PUT:\n    t'<p>'", "POST PUT"),
            ("if POST or PUT:\n    response = JSONResponse({})", "POST PUT"),
            ("if POST or ready():\n    t'<p>'", "GET HEAD POST"),
            ("if POST:\n    t'<p>'\nelse:\n    t'<b>'", "GET HEAD POST"),
            ("if GET:\n    t'<p>'", "GET HEAD"),
            ("if not POST:\n    t'<p>'", "GET HEAD POST"),
            ("match x:\n    case 1:\n        if DELETE:\n            t'<p>'", "DELETE"),
            ("def f():\n    return PATCH\nt'<p>'", "GET HEAD PATCH"),
            ("if POST:\n    t'<p>'\nasync def stream():\n    yield 1", "GET HEAD POST"),
            ("if POST:\n    log()\n    redirect('/')\naudit()", "POST"),
        ],
    )
    def test_the_methods_that_a_file_answers(self, body: str, methods: str) -> None:
        imports = "from hyperpy import *\nfrom hyperpy import GET, POST, PUT, PATCH, DELETE, JSONResponse, redirect\n"
        assert described(f"{imports}x = 1\n{body}").methods == set(methods.split())

    def test_a_module_alias_names_flags_too(self) -> None:
        assert described("import hyper\nif hyper.POST:\n    t'<p>'").methods == {"POST"}

    def test_a_name_that_the_file_sets_is_not_a_flag(self) -> None:
        assert described("POST = 1\nif POST:\n    t'<p>'").methods == {"GET", "HEAD"}


@pytest.mark.parametrize(
    ("body", "blocking"),
    [
        ("t'<p>{len(x)} {sorted(x, key=str)} {[str(y) for y in x]}</p>'", False),
        ("t'<{Card} title={x} />'", False),
        ("t'<p>{x.strip()}</p>'", True),
        ("y = find()\nt'<p>'", True),
        ("def find(): return query()\nt'<p>'", False),
        ("def len(x): return 1\nt'<p>{len(x)}</p>'", True),
        ("t'<p>{sorted(x, key=lambda v: query(v))}</p>'", True),
        ("y = find()\nasync def load(): pass\nt'<p>'", False),
        ("async def stream():\n    find()\n    yield 1", False),
        ("redirect('/')\nt'<p>'", False),
        ("page: int = Query(1)\nt'<p>{page}</p>'", False),
        ("page: Annotated[int, Query()] = 1\nt'<p>{page}</p>'", False),
        ("page: int = Query(find())\nt'<p>{page}</p>'", True),
        ("if x:\n    raise HTTPException(404)\nt'<p>'", False),
    ],
)
def test_calls_that_may_block_the_loop(body: str, blocking: bool) -> None:
    imports = "from hyperpy import redirect, HTTPException, Query\nfrom things import Card, query\nx = ()\n"
    assert described(f"from typing import Annotated\n{imports}{body}").blocking is blocking


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("user_id: int\nt'<p>'", "user_id"),
        ("user_id: int\nuser_id = 5\nt'<p>'", "user_id"),
        ("user: User\nasync def load():\n    global user\n    user = 1\nt'<p>'", ""),
        ("q: str\nt'<p>'", "q"),
        ("q: str\nq = 'x'\nt'<p>'", ""),
        ("q: str\nfor q in (): pass\nt'<p>'", ""),
        ("is_admin: bool = False\nis_admin2 = False\nt'<p>'", ""),
        ("page: Annotated[int, Query()] = 1\nt'<p>'", "page"),
        ("page: Annotated[int, Query] = 1\nt'<p>'", "page"),
        ("page: Annotated[int, 'unit'] = 1\nt'<p>'", ""),
        ("def f():\n    x: int\nclass A:\n    y: int\nt'<p>'", ""),
        ("if ready():\n    name: str\nt'<p>'", "name"),
    ],
)
def test_which_annotations_are_inputs(source: str, names: str) -> None:
    imports = "from typing import Annotated\nfrom hyperpy import Query\n"
    found = described(imports + source, "user_id")
    assert " ".join(d.name for d in found.declarations) == names


def test_each_nested_block_has_its_own_group_of_inputs() -> None:
    found = described("a: int\nif x():\n    b: int\n    c: int\nelse:\n    b: int\nt'<p>'")
    assert [(d.name, d.group) for d in found.declarations] == [("a", 0), ("b", 1), ("c", 1), ("b", 2)]


@pytest.mark.parametrize(
    ("source", "line", "what", "hint"),
    [
        ("x = (\n", 1, "Python can't read this: '(' was never closed", ""),
        (
            "def f():\n    await x\nt''",
            2,
            "Python can't read this: 'await' outside async function",
            "Write `async def`",
        ),
        ("x = 1\nbreak\nt''", 2, "Python can't read this: 'break' outside loop", ""),
        ("async def stream():\n    yield 1\n    return 2", 3, "Python can't read this: 'return' with value", ""),
        ("def f(x, x): pass\nt''", 1, "Python can't read this: duplicate", ""),
        ("x = 1\nyield x\nt''", 2, "`yield` outside a function", "async def stream():"),
        ("x = [(yield)]\nt''", 1, "`yield` outside a function", "async def stream():"),
        ("x = await y\nt''", 1, "`await` outside a function", "async def load():"),
        ("async with y:\n    pass\nt''", 1, "`await` outside a function", "async def load():"),
        ("x = [y async for y in z]\nt''", 1, "`await` outside a function", "async def load():"),
        ("if x:\n    return\nt''", 2, "`return` outside a function", 'redirect("/login")'),
        ("t'a'\nt'b'", 2, "always replaces the one at line 1", "under `else:`"),
        ("if x():\n    t'a'\nt'b'", 3, "always replaces the one at line 2", "under `else:`"),
        ("if x():\n    t'a'\nelse:\n    t'b'\nt'c'", 5, "always replaces the one at line 4", "under `else:`"),
        ("t'a'\nif x():\n    t'b'\nelse:\n    t'c'", 3, "always replaces the one at line 1", "under `else:`"),
        ("for x in y:\n    t'a'", 2, "a template can't be inside `for`", "after the block"),
        ("while x:\n    t'a'", 2, "a template can't be inside `while`", "after the block"),
        ("with x:\n    if y:\n        t'a'", 3, "a template can't be inside `with`", "after the block"),
        ("try:\n    t'a'\nexcept E:\n    pass", 2, "a template can't be inside the `try:` part", "after the block"),
        ("try:\n    x()\nfinally:\n    t'a'", 4, "a template can't be inside `finally:`", "after the block"),
        ("async def load():\n    t'a'\nt'b'", 2, "a t-string that stands alone in load does nothing", "return t"),
        ("def stream():\n    yield 1\nt'a'", 1, "`stream` must be an async generator", "async def stream():"),
        ("x = 1", 1, "this file has no answer", 't"<h1>Hello</h1>"'),
        ("def page():\n    return t'a'\npage()", 3, "nothing shows the HTML of `page()`", 't"{page()}"'),
        (
            "def page(a):\n    return t'a' if a else t'b'\npage(1)",
            3,
            "nothing shows the HTML of `page(…)`",
            "{page(…)}",
        ),
        ("page = t'a'\npage", 2, "nothing shows the HTML of `page`", 't"{page}"'),
        ("t'{n} {(n := 1)}'", 1, "the template uses `n` in front of the `:=` that sets it", "above the template"),
        ('"""Doc."""\n"<h1>Hello</h1>"', 2, "this string is not a template", "Put a `t`"),
        ("x = 1\nf'<h1>{x}</h1>'", 2, "this is an f-string", 't"…"'),
        ("if x():\n    raise HTTPException(404)\n'<h1>'", 3, "this string is not a template", "Put a `t`"),
        ("async def load():\n    await x()\n'<h1>'", 3, "this string is not a template", "Put a `t`"),
        ("x = 1\nt'a' + t'b'", 2, "a sum of t-strings", "adjacent t-strings"),
        ("x = 1\nt'a' if x else t'b'", 2, "this condition is not a page", "with a t-string as a statement in each"),
        ("async def stream():\n    yield 1\n'<h1>a</h1>'", 3, "this string is not a template", "write it with `#`"),
        ("'<h1>a</h1>'\nasync def stream():\n    yield 1", 1, "this string is not a template", "Put a `t`"),
        ("if x():\n    redirect('/')\nelse:\n    f'<p>{1}</p>'", 4, "this is an f-string", 't"…"'),
        ("if x():\n    t'a'\n'<p>a</p>'", 3, "this string is not a template", "Put a `t`"),
        ("async def load():\n    return {}\n'<p>%s</p>' % 1", 3, "this string is not a template", "in braces"),
        ("if x():\n    redirect('/')\n'<p>{}</p>'.format(1)", 3, "this string is not a template", "in braces"),
        ("if x():\n    redirect('/')\nt'<p>a</p>',", 3, "the comma after this t-string", "Remove the comma"),
        (
            "task = 1\nt'<p>{taks}</p>'",
            2,
            "the template uses `taks`, which nothing",
            "Did you mean `task`? It is set at line 1.",
        ),
        ("t'<p>{[q for p in ()]}</p>'", 1, "the template uses `q`", "declare it as an input: `q: str`"),
        (
            "async def load():\n    global tasks\n    tasks = 1\nt'<p>{taks}</p>'",
            4,
            "the template uses `taks`",
            "Did you mean `tasks`? It is set by load(), line 1.",
        ),
        ("def f():\n    ValueError('x')\nt''", 2, "a bare `ValueError(…)` does", "raise ValueError('x')"),
        (
            "def f():\n    if x:\n        render(fragments='a')\nt''",
            3,
            "a bare `render(…)`",
            "Write `return render(fragments='a')`, and return it from the loader",
        ),
        (
            "async def stream():\n    render(fragments='a')\n    yield ''",
            2,
            "a bare `render(…)`",
            "write `yield render(fragments='a')`",
        ),
        (
            "q: Annotated[str, Query()]\nq: Annotated[str, Query()] = ''\nt''",
            2,
            "`q` is declared as an input twice",
            "Keep one of the two",
        ),
        ("x.q: Annotated[str, Query()] = ''\nt''", 1, "an input must be a plain name", "name: T = Query()"),
    ],
)
def test_files_that_can_not_be_routes(source: str, line: int, what: str, hint: str) -> None:
    imports = "from hyperpy import redirect, render, HTTPException, Query\nfrom typing import Annotated\n"
    with pytest.raises(RouteError) as caught:
        described(f"{source}\n{imports}")
    error = caught.value
    assert error.place is not None
    assert error.place.line == line
    assert what in error.what
    assert hint in error.hint
    assert str(error).startswith(f"routes/x.py:{line}  ")


@pytest.mark.parametrize(
    "source",
    [
        "if x():\n    t'a'\nelse:\n    t'b'",
        "t'a'\nif x():\n    t'b'",
        "match x():\n    case 1:\n        t'a'\n    case _:\n        t'b'",
        "try:\n    x()\nexcept ValueError:\n    t'a'\nelse:\n    t'b'",
        "t'a'\ntry:\n    x()\nexcept ValueError as error:\n    t'{error}'",
        "'''Doc.'''\nt'a' t'b'",
        "from a import *\nt'{anything}'",
        "t'{__name__} {len([])}'",
        "x()",
        "from hyperpy import JSONResponse\nasync def load():\n    return JSONResponse({})",
        "async def load():\n    await find()",
        "from hyperpy import HTTPException\nraise HTTPException(410)",
        "from hyperpy import redirect\nraise redirect('/new')",
        "from hyperpy import redirect\nx = redirect('/new')",
        "from hyperpy import redirect\nasync def load():\n    redirect('/new')",
        "from hyperpy import redirect\nasync def load():\n    await guard()\nasync def guard():\n    redirect('/new')",
        "def answer():\n    global response\n    response = 1\nanswer()",
        "with open('x') as f:\n    response = f",
        "from other import redirect, HTMLResponse\ndef f():\n    redirect('/')\n    HTMLResponse()\nt''",
        "from hyperpy import channel, html\ndef f():\n    channel('a')\n    html(t'')\nt''",
    ],
)
def test_files_that_may_be_routes(source: str) -> None:
    described(source)


def test_only_a_match_whose_last_case_matches_everything_always_has_a_template() -> None:
    found = {}
    for case in ("_", "other", "_ if y", "other if y", "str() as s", "2"):
        try:
            described(f"t'a'\nmatch x():\n    case 1:\n        t'b'\n    case {case}:\n        t'c'")
            found[case] = ""
        except RouteError as error:
            found[case] = error.what
    assert [case for case, what in found.items() if what] == ["_", "other"]
    assert found["_"] == "this template always replaces the one at line 1"


def test_the_excerpt_marks_exactly_the_error() -> None:
    marked = {}
    for source in ("title = 1\nt'<h1>{titel}</h1>'", "def f():\n    x = await y\nt''"):
        with pytest.raises(RouteError) as caught:
            described(source)
        place = caught.value.place
        assert place is not None
        line = source.splitlines()[place.line - 1]
        marked[line] = line[place.column :][: place.width] if place.width <= len(line) else "too much"
    assert marked == {"t'<h1>{titel}</h1>'": "titel", "    x = await y": "await y"}


def test_a_future_import_is_kept_for_the_compiler() -> None:
    assert described("from __future__ import annotations\nt'a'").future != 0
