"""Names in `sse-swap` and `hx-trigger="sse:…"` that the connected stream never sends."""

import ast
import html
import re
from collections.abc import Iterator
from typing import Final

from hyperpy.check.destinations import Destinations
from hyperpy.check.findings import Finding, Severity
from hyperpy.check.references import STREAM_ATTRIBUTES, target_text
from hyperpy.check.site_files import SiteFile, SiteFiles
from hyperpy.check.targets import path_of
from hyperpy.exceptions import display_path, known_names
from hyperpy.pages import Route
from hyperpy.pages.analysis.vocabulary import HTML_CALLS, Vocabulary
from hyperpy.templates.at_load.literals import Literal
from hyperpy.templates.syntax.contexts import VOID
from hyperpy.templates.syntax.nodes import Attribute, EndTag, Tag, walk

_MESSAGE: Final = "message"
# EventSource fires some of these itself, and every stream may end with the others.
_ALWAYS: Final = frozenset({"close", "error", "open", "stream-error"})
_TRIGGER: Final = re.compile(r"(?:^|[\s,])sse:([\w-]+)")


def check_event_names(files: SiteFiles, destinations: Destinations) -> Iterator[Finding]:
    """Findings about names of events that the stream around them doesn't send, where all that it sends is literal."""
    for file in files.files:
        for literal in file.literals:
            for connected, attribute, names in _uses(literal):
                sent = _sent(connected, files, destinations)
                if sent is None:
                    continue
                for name in names:
                    if name not in sent[0] | _ALWAYS:
                        yield _finding(name, *sent, attribute, literal, file)


def _finding(
    name: str, sent: frozenset[str], streamed: str, attribute: Attribute, literal: Literal, file: SiteFile
) -> Finding:
    what = f"{display_path(streamed)} never sends the event `{name}`"
    hint = known_names(name, sorted(sent), "sends") if sent else "It sends no events."
    place = file.place(literal, attribute.start, len(attribute.name))
    return Finding(Severity.ERROR, "event", what, place, hint)


def _uses(literal: Literal) -> Iterator[tuple[str, Attribute, list[str]]]:
    """The attributes with names of events: the URL of the stream around each, and the names."""
    around: list[tuple[str, str]] = []
    for node in walk(literal.document.nodes):
        if isinstance(node, EndTag):
            while around and any(name == node.name for name, _ in around) and around.pop()[0] != node.name:
                pass
        elif isinstance(node, Tag):
            connected = _connected(node, literal) or (around[-1][1] if around else "")
            if connected:
                yield from ((connected, attribute, names) for attribute, names in _named(node))
            if node.name.lower() not in VOID:
                around.append((node.name.lower(), connected))


def _connected(tag: Tag, literal: Literal) -> str:
    for item in tag.attributes:
        if isinstance(item, Attribute) and item.name.lower().removeprefix("data-") in STREAM_ATTRIBUTES:
            return target_text(literal, item.value or ())
    return ""


def _named(tag: Tag) -> Iterator[tuple[Attribute, list[str]]]:
    for item in tag.attributes:
        if not isinstance(item, Attribute) or not all(isinstance(piece, str) for piece in item.value or ()):
            continue
        text, name = html.unescape("".join(map(str, item.value or ()))), item.name.lower().removeprefix("data-")
        if name == "sse-swap":
            yield item, [each.strip() for each in text.split(",") if each.strip()]
        elif name == "hx-trigger":
            yield item, _TRIGGER.findall(text)


def _sent(target: str, files: SiteFiles, destinations: Destinations) -> tuple[frozenset[str], str] | None:
    """The names of the events that a URL sends, and the file; None if they can't all be known."""
    path = path_of(target, None)
    found = list(destinations.routes(path)) if path is not None else []
    if len(found) != 1 or not isinstance(found[0], Route):
        return None
    route = found[0]
    own = route.by_method.get("GET", route)
    file = files.by_path.get(route.file)
    if own.stream is None or own.responds or file is None:
        return None
    names: set[str] = set()
    for function in file.parsed.index.of(ast.AsyncFunctionDef):
        if (function.name, function.lineno) == (own.stream.name, own.stream.line):
            for node in file.parsed.index.owned(function, ast.Yield):
                if (name := event_name(node.value, file.vocabulary)) is None:
                    return None
                names.add(name)
    return frozenset(names), route.file


def event_name(value: ast.expr | None, vocabulary: Vocabulary) -> str | None:
    """The name of the event that is sent for a yielded expression; None if that can't be known."""
    match value:
        case ast.Tuple(elts=[ast.Constant(value=str(name)), _]):
            return name
        case ast.Dict(keys=keys, values=values) if all(isinstance(key, ast.Constant) for key in keys):
            given = {key.value: value for key, value in zip(keys, values, strict=True) if isinstance(key, ast.Constant)}
            return _literal(given["event"]) if "event" in given else _MESSAGE
        case ast.Call(func=function, keywords=keywords):
            called = vocabulary.public_name(function)
            if called in HTML_CALLS | {"JSON"}:
                return _MESSAGE
            if called == "Event" and all(keyword.arg for keyword in keywords):
                named = [keyword.value for keyword in keywords if keyword.arg == "event"]
                return _literal(named[0]) if named else _MESSAGE
            return None
        case ast.TemplateStr() | ast.JoinedStr() | ast.Constant(value=str() | int() | float()) | ast.List():
            return _MESSAGE
    return None


def _literal(value: ast.expr) -> str | None:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
