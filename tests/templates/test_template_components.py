"""Components: their arguments and results, and the errors of invalid calls."""

import functools
import gc
import inspect
import traceback
import warnings
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from string.templatelib import Interpolation, Template

import pytest

from hyperpy.exceptions import ComponentError, TemplateError, display_path
from hyperpy.templates import Markup, html, render_template
from tests.templates.tables import Render, check_each, template


def show(children: object = None, **given: object) -> str:
    """The arguments, as text."""
    return f"{given!r} {children!r}"


def unescaped(html: str) -> str:
    return Markup(html).unescape()


rest = {"data-n": 1, "lang": "en"}
title = "<T>"


ARGUMENTS = [
    ("<{show} />", "{} None"),
    ("<{show}/>", "{} None"),
    ("<{show}></{show}>", "{} Markup('')"),
    ("<{ show } a=1>x</{show }>", "{'a': '1'} Markup('x')"),
    ("<{show} n={3}/>", "{'n': 3} None"),
    (r"""<{show} n='{3}' m=\"{None}\" />""", "{'n': 3, 'm': None} None"),
    ("<{show} a='x {3}{None}{True}' b=y{4}/>", "{'a': 'x 3', 'b': 'y4'} None"),
    ("<{show} a='{'<'}&amp;{t'<b>{'<'}</b>'}' />", "{'a': '<&<b>&lt;</b>'} None"),
    ("<{show} on a='' b=x/>", "{'on': True, 'a': '', 'b': 'x'} None"),
    ("<{show} a='&lt;&quot;' />", "{'a': '<\"'} None"),
    ("<{show} hx-get=/x data-n={1} />", "{'hx_get': '/x', 'data_n': 1} None"),
    ("<{show} {title} />", "{'title': '<T>'} None"),
    ("<{show} {rest:**} lang=de />", "{'data_n': 1, 'lang': 'de'} None"),
    ("<{show} lang=de {rest:**} />", "{'lang': 'en', 'data_n': 1} None"),
    ("<{show} {None:**} a=1 a={2} />", "{'a': 2} None"),
    (
        "<{show} class=x for={1} @click=f onclick={'g'} href={'javascript:1'} />",
        "{'class': 'x', 'for': 1, '@click': 'f', 'onclick': 'g', 'href': 'javascript:1'} None",
    ),
    ("<{show} children={1} />", "{} 1"),
    ("<{show} n={3!r} s={2:>3} />", "{'n': '3', 's': '  2'} None"),
    ("<{show}>{title} <b>{[1, 2]}</b></{show}>", "{} Markup('&lt;T&gt; <b>12</b>')"),
    ("<{show}><{show} a=1 /></{show}>", "{} Markup('{&#39;a&#39;: &#39;1&#39;} None')"),
]


def test_arguments(render: Render) -> None:
    def check(source: str, expected: str) -> None:
        assert unescaped(render(source)) == expected
        assert unescaped(render(source)) == expected  # the call site remembers the first call

    check_each(ARGUMENTS, check)


def test_content_is_escaped_once(render: Render) -> None:
    def wrap(children: Markup) -> Template:
        return t"<i>{children}</i>"

    assert render("<{wrap}><{wrap}>{'<'}</{wrap}></{wrap}>", wrap=wrap) == "<i><i>&lt;</i></i>"


def a_template() -> Template:
    return t"<b>{'<'}</b>"


def a_str() -> str:
    return "<b>"


def a_generator() -> Iterator[Template | str]:
    yield t"<b>"
    yield "<"


@dataclass
class Badge:
    text: str = "b"

    def __html__(self) -> str:
        return html(t"<b>{self.text}</b>")


class Site:
    def card(self, n: int) -> Template:
        return t"<b>{n}</b>"

    def __call__(self, n: int) -> Template:
        return t"<i>{n}</i>"

    @staticmethod
    def plain(n: int) -> Template:
        return t"<u>{n}</u>"

    @classmethod
    def of_class(cls, n: int) -> Template:
        return t"<s>{n}{cls.__name__}</s>"


class Unhashable(Site):
    __hash__ = None  # type: ignore[assignment]


def sized(n: int, size: str = "m", /) -> Template:
    return t"<b>{n}{size}</b>"


def logged(function: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(function)
    def wrapper(*args: object, **kwargs: object) -> object:
        return function(*args, **kwargs)

    return wrapper


@logged
def wrapped(a: int) -> Template:
    return t"<b>{a}</b>"


@logged
def wrapped_too(b: int) -> Template:
    return t"<i>{b}</i>"


site = Site()


CALLABLES = [
    ("<{a_template} />", "<b>&lt;</b>"),
    ("<{a_str} />", "&lt;b&gt;"),
    ("<{a_generator} />", "<b>&lt;"),
    ("<{(lambda: None)} />", ""),
    ("<{(lambda: [1, t'<b>'])} />", "1<b>"),
    ("<{Badge} text={'<'} />", "<b>&lt;</b>"),
    ("<{Badge}> </{Badge}>", "<b>b</b>"),
    ("<{site.card} n={1} />", "<b>1</b>"),
    ("<{site} n={1} />", "<i>1</i>"),
    ("<{Unhashable()} n={1} />", "<i>1</i>"),
    ("<{Site.plain} n={1} />", "<u>1</u>"),
    ("<{Site.of_class} n={1} />", "<s>1Site</s>"),
    ("<{functools.partial(site.card, n=1)} />", "<b>1</b>"),
    ("<{functools.partial(sized, 1)} />", "<b>1m</b>"),
    ("<{wrapped} a=1 /><{wrapped_too} b=2 />", "<b>1</b><i>2</i>"),
    ("<{dict} a=1 />", None),
    ("<{(lambda class_, for_=0: class_)} class=x />", "x"),
    ("<{(lambda class_, **rest: str(class_) + str(rest))} class=x id=y />", "x{&#39;id&#39;: &#39;y&#39;}"),
]


def test_callables(render: Render) -> None:
    def check(source: str, expected: str | None) -> None:
        if expected is None:
            with pytest.raises(TemplateError, match="can't render a dict"):
                render(source)
        else:
            assert render(source) == expected

    check_each(CALLABLES, check)


def test_a_tag_with_a_different_component_each_time(render: Render) -> None:
    def one(a: object) -> str:
        return f"one {a}"

    def two(a: object, b: object = 2) -> str:
        return f"two {a}{b}"

    def three(c: object = 3) -> str:
        return f"three {c}"

    def call(component: object) -> str:
        return render("<{component} a=1 />", component=component)

    assert [call(one), call(two), call(one), call(logged(two))] == ["one 1", "two 12", "one 1", "two 12"]
    with pytest.raises(ComponentError):
        call(three)
    with pytest.raises(ComponentError):
        call(logged(three))
    assert call(one) == "one 1"


def test_redefined_functions_are_not_kept_alive(render: Render) -> None:
    def make() -> Callable[..., str]:
        return lambda n: "x"

    kept = []
    for _ in range(3):
        component = make()
        kept.append(weakref.ref(component))
        render("<{component} n=1 />", component=component)
        del component
    gc.collect()
    assert [reference() for reference in kept] == [None] * 3


def Card(title: str, *, note: str = "") -> str:
    return title + note


def Layout(children: Markup, title: str = "") -> Template:
    return t"<main>{children}</main>"


def positional(a: int, /) -> None: ...


HERE = display_path(__file__)
CARD = f"Card(title, note=…), from {HERE}:{Card.__code__.co_firstlineno}."
LAYOUT = f"Layout(children, title=…), from {HERE}:{Layout.__code__.co_firstlineno}."
POSITIONAL = f"positional(), from {HERE}:{positional.__code__.co_firstlineno}."
tag = "div"


INVALID_CALLS = [
    (
        "<{Card} titel='x' />",
        (
            f"`Card` has no parameter `titel`, in t\"<{{Card}} titel='x' />\"\n"
            f"  Did you mean `title`? Its signature is {CARD}"
        ),
    ),
    ("<p><{Card} /></p>", f'`Card` needs `title`, in t"<p><{{Card}} /></p>"\n  Its signature is {CARD}'),
    (
        "<{Card} title=x>hi</{Card}>",
        (
            '`Card` accepts no content, in t"<{Card} title=x>hi</{Card}>"\n'
            "  Give it a parameter `children`, and place {children} in its t-string where the content should appear. "
            f"Without content, write <{{Card}} />. Its signature is {CARD}"
        ),
    ),
    (
        "<{Layout} />",
        f'`Layout` needs content, in t"<{{Layout}} />"\n  Write <{{Layout}}>…</{{Layout}}>. Its signature is {LAYOUT}',
    ),
    (
        "<{Layout} children=x>y</{Layout}>",
        (
            '`Layout` gets `children` as an attribute and as content, in t"<{Layout} children=x>y</{Layout}>"\n'
            "  Remove one of them."
        ),
    ),
    (
        "<{positional} a=1 />",
        (
            "`positional` takes `a` by position only, but attributes are keyword arguments,"
            ' in t"<{positional} a=1 />"\n'
            f"  Remove the `/` from its parameters. Its signature is {POSITIONAL}"
        ),
    ),
    (
        "<{tag} />",
        (
            "<{…}> must be a component, but 'div' (str) is not callable, in t\"<{tag} />\"\n"
            "  A component is a function or class that returns HTML: def Card(children, title): return t'…'."
        ),
    ),
    ("<{show} {[1]:**} />", '`:**` spreads a mapping, not a list, in t"<{show} {[1]} />"'),
    (
        "<{show} { {1: 2}:**} />",
        'argument names must be str, not 1 (int), in t"<{show} { {1: 2}} />"',
    ),
]


def test_invalid_calls(render: Render) -> None:
    def check(source: str, message: str) -> None:
        with pytest.raises(ComponentError) as caught:
            render(source)
        assert str(caught.value) == message

    check_each(INVALID_CALLS, check)


def test_html_adds_the_place_of_its_caller() -> None:
    def check(source: str, message: str) -> None:
        with pytest.raises(ComponentError) as caught:
            html(template(source, globals()))
        assert caught.value.place is not None
        assert caught.value.place.file == __file__

    check_each(INVALID_CALLS, check)


def test_several_missing_arguments(render: Render) -> None:
    with pytest.raises(ComponentError, match="`<lambda>` needs `a` and `b`, in"):
        render("<{(lambda a, b, c=1: 0)} />")


async def asynchronous() -> str:
    return "x"


async def generator() -> AsyncIterator[str]:
    yield "x"


def test_async_components_are_refused(render: Render) -> None:
    def check(component: Callable[[], object]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(TemplateError, match=f"`{component.__name__}`"):
                render("<{component} />", component=component)

    check_each([asynchronous, generator], check)


def test_an_error_closes_the_coroutines_of_all_holes(render: Render) -> None:
    def check(nest: Callable[[object], object]) -> None:
        coroutine = asynchronous()
        with pytest.raises(TemplateError, match="is not text"):
            render("{b'x'}{value}", value=nest(coroutine))
        assert inspect.getcoroutinestate(coroutine) == inspect.CORO_CLOSED

    check_each([lambda c: c, lambda c: [c], lambda c: t"<b>{c}</b>", lambda c: [t"<b>{(1, c)}</b>"]], check)


def test_a_component_raises_its_own_errors(render: Render) -> None:
    def broken(n: object) -> str:
        return "x" + n  # type: ignore[operator]

    def calls_badly(n: object) -> object:
        return broken(m=n)  # type: ignore[call-arg]

    for component in (broken, calls_badly):
        for _ in range(2):
            with pytest.raises(TypeError) as caught:
                render("<{component} n={1} />", component=component)
            assert traceback.extract_tb(caught.value.__traceback__)[-1].filename == __file__
            assert caught.value.__cause__ is None
            assert caught.value.__suppress_context__ is False


def test_an_error_in_a_nested_template_names_the_innermost(render: Render) -> None:
    def inner() -> Template:
        return t"<b>{b'x'}</b>"

    with pytest.raises(TemplateError) as caught:
        render("<main>{[t'<{inner} />']}</main>", inner=inner)
    assert caught.value.what == "b'x' (bytes) is not text, in t\"<b>{b'x'}</b>\""
    assert not isinstance(caught.value, ComponentError)


def test_nested_components() -> None:
    def check(depth: int) -> None:
        made = Template("<", *nested(depth, "<"), ">x</", *nested(depth, "</"), ">")
        assert render_template(made) == "<i>" * depth + "x" + "</i>" * depth

    check_each([1, 20, 30], check)


def test_components_nested_too_deeply() -> None:
    with pytest.raises(TemplateError, match="components and fragments are nested too deeply in one t-string, in"):
        render_template(Template("<", *nested(100, "<"), ">x</", *nested(100, "</"), ">"))


def nested(depth: int, opening: str) -> Iterator[str | Interpolation[object]]:
    def wrap(children: Markup) -> Template:
        return t"<i>{children}</i>"

    for n in range(depth):
        if n:
            yield f">{opening}"
        yield Interpolation(wrap, "wrap")
