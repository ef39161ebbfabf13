"""Names of other frameworks on hyperpy's objects: `session.permanent`, `form.csrf_token`, `flash(category=…)`."""

import ast
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import Declaration, LoadWarning, place_of

OF_SESSIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "permanent": "Every session lasts for the setting `session-max-age`, two weeks by default. Remove this.",
        "modified": "A session notices its changes. Remove this.",
    }
)
_NO_TOKEN: Final = "Forms need no token: requests from other sites are refused without one. Remove this."
OF_FORMS: Final[Mapping[str, str]] = MappingProxyType({"csrf_token": _NO_TOKEN, "hidden_tag": _NO_TOKEN})


def foreign_uses(
    parsed: ParsedFile, vocabulary: Vocabulary, declarations: Collection[Declaration] = ()
) -> Iterator[LoadWarning]:
    """Warnings about attributes and arguments that don't exist here."""
    forms = {declared.name for declared in declarations if ast.unparse(declared.annotation).startswith("Form[")}
    for node in parsed.index.of(ast.Attribute):
        if node.attr in OF_SESSIONS and vocabulary.public_name(node.value) == "session":
            what, hint = f"a session has no `{node.attr}`", OF_SESSIONS[node.attr]
        elif node.attr in OF_FORMS and isinstance(node.value, ast.Name) and node.value.id in forms:
            what, hint = f"a form has no `{node.attr}`", OF_FORMS[node.attr]
        else:
            continue
        yield LoadWarning(what, place_of(node, parsed.file), hint)
    if "category" not in parsed.source:
        return
    for call in parsed.index.of(ast.Call):
        named = next((keyword for keyword in call.keywords if keyword.arg == "category"), None)
        if named and vocabulary.public_name(call.func) == "flash":
            hint = f"Write `kind={ast.unparse(named.value)}`."
            yield LoadWarning("flash() has no parameter `category`", place_of(named, parsed.file), hint)
