"""Forms that send another method than the file handles."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from hyperpy.exceptions import Place
from hyperpy.lazy import lazy_pattern
from hyperpy.pages.analysis.mistakes.end_tags import strings_of
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import Declaration, LoadWarning
from hyperpy.templates import SourceText
from hyperpy.templates.at_load.locate import locate

_HOLE: Final = "\0"
_OF_BODY: Final = frozenset({"Body", "File", "Form"})
_FORM: Final = lazy_pattern(
    r"<form(?=[\s>])((?:[^\"'>]|\"[^\"]*\"|'[^']*')*)>(.*?)(?=</form|<form|\Z)", re.DOTALL | re.IGNORECASE
)
# What may send the form otherwise: a method, another URL, a script, a spread of attributes.
_DECIDED: Final = lazy_pattern(
    r"(?:\A|\s)(?:data-)?(?:action|method|hx-|on|@|v-on|x-on|data-on|fx-|up-|:|\0)", re.IGNORECASE
)
_CONTROL: Final = lazy_pattern(r"<(?:input|select|textarea)(?=[\s>/])[^<>]*\sname\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_SENDS: Final = lazy_pattern(r"method\s*=\s*[\"']?post|hx-post|formmethod|@post\(", re.IGNORECASE)
_POSTS: Final = lazy_pattern(r"\s+method\s*=\s*([\"']?)post\1(?=\s|\Z)", re.IGNORECASE)


def forms_without_method(
    parsed: ParsedFile, methods: Collection[str], declarations: Iterable[Declaration], vocabulary: Vocabulary
) -> Iterator[LoadWarning]:
    """Warnings about `<form>` without `method="post"` if the file handles POST, and with it if the file doesn't.

    A form whose controls are inputs from the query is sent as it should be, and so is one beside another that sends
    POST. In a file without inputs from forms, a form may be meant for the page that it is put into.
    """
    of_body: set[str] = set()
    queries: set[str] = set()
    for declared in declarations:
        (of_body if _is_of_body(declared, vocabulary) else queries).add(declared.name)
    handles = "POST" in methods
    if _SENDS.search(parsed.source) if handles else not of_body:
        return
    for template in parsed.index.of(ast.TemplateStr):
        strings = strings_of(template)
        for form in _FORM.finditer(_HOLE.join(strings)):
            is_own = not _DECIDED.search(form[1]) and _is_for_body(form, template, of_body, queries)
            is_posted = _POSTS.search(form[1]) is not None and not _DECIDED.search(_POSTS.sub("", form[1]))
            if is_own or (is_posted and not handles):
                what, hint = _said(is_posted=is_posted, handles=handles)
                yield LoadWarning(what, _place(parsed, template, strings, form.start()), hint)


def _said(*, is_posted: bool, handles: bool) -> tuple[str, str]:
    handling = "handle it: `if POST:`, or `if POST and form.ok:` with a form of a model."
    if is_posted:
        return "this form sends POST, which the file doesn't handle: the answer is 405", f"Import POST, and {handling}"
    if handles:
        hint = 'Write <form method="post">. Without a method, browsers put the fields into the URL.'
        return "this form sends GET, but the file handles POST", hint
    what = "this form sends GET, but its fields are read from the body of a request"
    return what, f'Write <form method="post">, import POST, and {handling}'


def _is_for_body(
    form: re.Match[str], template: ast.TemplateStr, of_body: Collection[str], queries: Collection[str]
) -> bool:
    """Whether a form has controls that aren't inputs from the query, or only a button."""
    if names := _CONTROL.findall(form[2]):
        return not set(queries).issuperset(names)
    first = form.string.count(_HOLE, 0, form.start(2))
    holes = [part for part in template.values if isinstance(part, ast.Interpolation)]
    inside = holes[first : first + form[2].count(_HOLE)]
    read = {node.id for hole in inside for node in ast.walk(hole) if isinstance(node, ast.Name)}
    return not read.isdisjoint(of_body) or ("<button" in form[2].lower() and not inside)


def _is_of_body(declared: Declaration, vocabulary: Vocabulary) -> bool:
    calls = (node for node in ast.walk(declared.node) if isinstance(node, ast.Call))
    return (
        vocabulary.is_form(declared.annotation)
        or any(vocabulary.public_name(call.func) in _OF_BODY for call in calls)
        or (declared.methods is not None and "GET" not in declared.methods)
    )


def _place(parsed: ParsedFile, template: ast.TemplateStr, strings: list[str], position: int) -> Place:
    part, offset = 0, position
    while offset > len(strings[part]):
        offset -= len(strings[part]) + 1
        part += 1
    return locate(SourceText(parsed.file, parsed.source), template, part, offset, len("<form"))
