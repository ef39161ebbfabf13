"""Forms that send a GET request to a file that handles POST."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from hyperpy.exceptions import Place
from hyperpy.pages.analysis.mistakes.end_tags import strings_of
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import Declaration, LoadWarning
from hyperpy.templates import SourceText
from hyperpy.templates.at_load.locate import locate

_HOLE: Final = "\0"
_OF_BODY: Final = frozenset({"Body", "File", "Form"})
_FORM: Final = re.compile(
    r"<form(?=[\s>])((?:[^\"'>]|\"[^\"]*\"|'[^']*')*)>(.*?)(?=</form|<form|\Z)", re.DOTALL | re.IGNORECASE
)
# What may send the form otherwise: a method, another URL, a script, a spread of attributes.
_DECIDED: Final = re.compile(
    r"(?:\A|\s)(?:data-)?(?:action|method|hx-|on|@|v-on|x-on|data-on|fx-|up-|:|\0)", re.IGNORECASE
)
_CONTROL: Final = re.compile(r"<(?:input|select|textarea)(?=[\s>/])[^<>]*\sname\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_SENDS: Final = re.compile(r"method\s*=\s*[\"']?post|hx-post|formmethod|@post\(", re.IGNORECASE)


def forms_without_method(
    parsed: ParsedFile, methods: Collection[str], declarations: Iterable[Declaration], vocabulary: Vocabulary
) -> Iterator[LoadWarning]:
    """Warnings about `<form>` without `method="post"`, if the file handles POST.

    A form whose controls are inputs from the query is sent as it should be, and so is one beside another that sends
    POST.
    """
    if "POST" not in methods or _SENDS.search(parsed.source):
        return
    queries = {declared.name for declared in declarations if not _is_of_body(declared, vocabulary)}
    for template in parsed.index.of(ast.TemplateStr):
        strings = strings_of(template)
        text = _HOLE.join(strings)
        for form in _FORM.finditer(text):
            names = _CONTROL.findall(form[2])
            if not names or _DECIDED.search(form[1]) or queries.issuperset(names):
                continue
            what = "this form sends GET, but the file handles POST"
            hint = 'Write <form method="post">. Without a method, browsers put the fields into the URL.'
            yield LoadWarning(what, _place(parsed, template, strings, form.start()), hint)


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
