"""Names of other frameworks on hyperpy's objects: `session.permanent`, `response.status = 404`, `flash(category=…)`."""

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
_CONTENT_TYPE: Final = 'Write `response.headers["content-type"] = …`.'
_BODY: Final = "The page is the body. For another one, answer with a response: `PlainTextResponse(…)`."
OF_RESPONSES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "status": "Write `response.status_code = …`.",
        **dict.fromkeys(("content_type", "media_type", "mimetype"), _CONTENT_TYPE),
        **dict.fromkeys(("body", "content", "data", "text"), _BODY),
        "cookies": "Write `response.set_cookie(name, value)`.",
    }
)


def foreign_uses(
    parsed: ParsedFile, vocabulary: Vocabulary, declarations: Collection[Declaration] = ()
) -> Iterator[LoadWarning]:
    """Warnings about attributes and arguments that don't exist here."""
    responses = {each.name for each in declarations if vocabulary.public_name(each.annotation) == "Response"}
    forms = {declared.name for declared in declarations if ast.unparse(declared.annotation).startswith("Form[")}
    for node in parsed.index.of(ast.Attribute):
        if node.attr in OF_SESSIONS and vocabulary.public_name(node.value) == "session":
            what, hint = f"a session has no `{node.attr}`", OF_SESSIONS[node.attr]
        elif node.attr in OF_FORMS and isinstance(node.value, ast.Name) and node.value.id in forms:
            what, hint = f"a form has no `{node.attr}`", OF_FORMS[node.attr]
        elif node.attr in OF_RESPONSES and _is_set(node, parsed) and _is_response(node.value, responses, vocabulary):
            what, hint = f"setting `{node.attr}` of the response of a page does nothing", OF_RESPONSES[node.attr]
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


def _is_response(node: ast.expr, declared: Collection[str], vocabulary: Vocabulary) -> bool:
    """Whether an expression is the response of the page, imported or declared."""
    return vocabulary.public_name(node) == "response" or (isinstance(node, ast.Name) and node.id in declared)


def _is_set(node: ast.Attribute, parsed: ParsedFile) -> bool:
    """Whether an attribute or an item of it is assigned."""
    parent = parsed.index.parent(node)
    return isinstance(node.ctx, ast.Store) or (isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Store))
