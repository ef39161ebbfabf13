"""Events that a stream encodes itself: `yield f"data: {x}"` with blank lines, and `yield json.dumps(x)`."""

import ast
import re
from collections.abc import Collection, Iterator
from typing import Final

from hyperpy.lazy import lazy_pattern
from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.mistakes.values.json_calls import json_of
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import LoadWarning, place_of

_FRAME: Final = lazy_pattern(
    r"\s*(?:data|event|id|retry)?:[^\n]*\n\n\s*\Z|\s*(?:data|event|id|retry):.*\n(?:data|event|id|retry):", re.DOTALL
)
_EVENT: Final = lazy_pattern(r"^event: ?(.*)$", re.MULTILINE)
_DATA: Final = lazy_pattern(r"^data: ?(.*)$", re.MULTILINE)
_HOLE: Final = "\x00"
_SWAPPED: Final = ("sse-swap", "hx-sse")


def hand_made_events(
    parsed: ParsedFile, streams: Collection[ast.AsyncFunctionDef], vocabulary: Vocabulary
) -> Iterator[LoadWarning]:
    """Warnings about text that streams yield, where it is the frame of an event, or JSON for a script."""
    for function in streams:
        yields = [node for node in parsed.index.owned(function, ast.Yield) if node.value is not None]
        is_html = any(isinstance(node.value, ast.TemplateStr) for node in yields)
        is_html = is_html or any(word in parsed.source for word in _SWAPPED)
        for node in yields:
            for value in _values(node.value, function, parsed):
                if (text := _text(value)) is not None and _FRAME.match(text):
                    what = "this text is the frame of an event, and hyperpy frames it again"
                    hint = _instead(text, value, vocabulary)
                    yield LoadWarning(what, place_of(value, parsed.file), hint)
            if not is_html:
                yield from _escaped_json(node.value, function, parsed, vocabulary)


def _values(value: ast.expr, function: ast.AsyncFunctionDef, parsed: ParsedFile) -> Iterator[ast.expr]:
    """What an expression yields: itself, what its variable is bound to, or what a function of the file returns."""
    match value:
        case ast.Call(func=ast.Attribute(value=text, attr="encode")):
            yield from _values(text, function, parsed)
        case ast.Name(id=name):
            yield from _bound(name, function, parsed.index)
        case ast.Call(func=ast.Name(id=name)):
            for made in parsed.tree.body:
                if isinstance(made, ast.FunctionDef) and made.name == name and name in parsed.bound_once:
                    yield from (r.value for r in parsed.index.owned(made, ast.Return) if r.value is not None)
        case _:
            yield value


def _bound(name: str, function: ast.AsyncFunctionDef, index: FileIndex) -> list[ast.expr]:
    """The value of a variable that one statement of a function binds."""
    stores = [n for n in index.of(ast.Name, inside=function) if n.id == name and not isinstance(n.ctx, ast.Load)]
    assigned = [
        node.value
        for node in index.owned(function, ast.Assign)
        if any(isinstance(target, ast.Name) and target.id == name for target in node.targets)
    ]
    return assigned if len(stores) == 1 == len(assigned) else []


def _text(value: ast.expr) -> str | None:
    """The text of a string, with a sign for each value in it."""
    match value:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else _HOLE for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, other = _text(left), _text(right)
            return (_HOLE if one is None else one) + (_HOLE if other is None else other)
    return None


def _instead(text: str, value: ast.expr, vocabulary: Vocabulary) -> str:
    """What sends the same event."""
    event, lines = _EVENT.search(text), _DATA.findall(text)
    if text.lstrip().startswith(":"):
        return "hyperpy sends a comment when a stream is silent. Remove this."
    if event and _HOLE in event[1]:
        return 'Yield its fields: `yield {"event": name, "data": data}`.'
    if lines == [_HOLE]:
        before = text[: _DATA.search(text).start()]  # type: ignore[union-attr]  # it was found
        data = _data_of([*_holes(value)][before.count(_HOLE)], vocabulary)
    elif len(lines) == 1 and _HOLE not in lines[0]:
        data = repr(lines[0])
    else:
        data = 't"<p>{news}</p>"'
    return f"Yield its data alone: `yield {event[1]!r}, {data}`." if event else f"Yield its data alone: `yield {data}`."


def _holes(value: ast.expr) -> Iterator[ast.expr]:
    match value:
        case ast.JoinedStr(values=parts):
            yield from (part.value for part in parts if isinstance(part, ast.FormattedValue))
        case ast.BinOp(left=left, right=right):
            yield from (*_holes(left), *_holes(right))
        case ast.Constant():
            pass
        case _:
            yield value


def _data_of(value: ast.expr, vocabulary: Vocabulary) -> str:
    """What to yield for an expression in the data of an event."""
    made = json_of(value, vocabulary)
    return ast.unparse(value) if made is None else f"JSON({ast.unparse(made)})"


def _escaped_json(
    yielded: ast.expr, function: ast.AsyncFunctionDef, parsed: ParsedFile, vocabulary: Vocabulary
) -> Iterator[LoadWarning]:
    content, event = yielded, "yield {}"
    match yielded:
        case ast.Tuple(elts=[name, second]):
            content, event = second, f"yield {ast.unparse(name)}, {{}}"
        case ast.Dict(keys=keys, values=values):
            found = [v for k, v in zip(keys, values, strict=True) if isinstance(k, ast.Constant) and k.value == "data"]
            content, event = found[0] if found else yielded, '"data": {}'
    for value in [content, *(_values(content, function, parsed) if isinstance(content, ast.Name) else ())]:
        if (made := json_of(value, vocabulary)) is not None:
            what = "this JSON is sent as text for a page, with `&#34;` for each quotation mark"
            hint = f"Yield the value itself: `{event.format(f'JSON({ast.unparse(made)})')}`."
            yield LoadWarning(what, place_of(value, parsed.file), hint)
