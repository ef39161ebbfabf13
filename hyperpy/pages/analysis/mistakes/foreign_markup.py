"""Markup of Astro, JSX and JavaScript in t-strings: `<slot />`, `<>…</>` and `${name}`, and filters that are builtins.

Also the names by which Astro's pages say how they are built.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from hyperpy.lazy import lazy_pattern
from hyperpy.pages.analysis.names.template_filters import BUILTINS, applied, filter_advice
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.template_mistakes import find, is_text
from hyperpy.pages.facts import LoadWarning, place_of

_HOLE: Final = "x"
_SLOT: Final = lazy_pattern(r"<slot\b")
_OF_ELEMENTS: Final = lazy_pattern(r"shadowroot|attachShadow|<template\b|customElements", re.IGNORECASE)
# Where a value is a part of a URL, a class or an id, and no amount of money.
_ATTRIBUTE: Final = lazy_pattern(
    r"<[a-z][^<>]*\s(?:action|alt|class|for|href|hx-(?:delete|get|patch|post|put|target)|id|name|src)\s*=\s*"
    r"(?:\"[^\"]*|'[^']*|[^\s\"'<>]*)\$\Z"
)
_MONEY: Final = frozenset(
    [
        "amount",
        "balance",
        "budget",
        "charge",
        "cost",
        "costs",
        "dollars",
        "fee",
        "fees",
        "gross",
        "income",
        "net",
        "number",
        "num",
        "paid",
        "pay",
        "payment",
        "price",
        "prices",
        "profit",
        "rate",
        "revenue",
        "salary",
        "sales",
        "sum",
        "tax",
        "total",
        "totals",
        "usd",
        "value",
        "wage",
    ]
)
_NUMBERS: Final = frozenset({"Decimal", "decimal.Decimal", "float", "int"})
_NAMES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "getstaticpaths": (
            "`hyper build` reads the paths from `static_paths`",
            'Write a dict of the parameters for each page: `static_paths = [{{"slug": "a"}}, …]`.',
        ),
        "prerender": (
            "every page that needs no server is built by `hyper build`",
            "To leave this route to a server, write `route(dynamic=True)`. Otherwise remove this line.",
        ),
    }
)


def foreign_markup(parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Warnings about markup that means something in other templates only."""
    lines = parsed.source.splitlines()
    numbers = _numbers(parsed)
    for template in parsed.index.of(ast.TemplateStr):
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else _HOLE for part in template.values)
        if "<>" in text and "</>" in text:
            place = find("<>", template, parsed.file, lines)
            hint = "Remove `<>` and `</>`: a t-string may hold several elements."
            yield LoadWarning("`<>` is shown as text", place, hint)
        if (slot := _SLOT.search(text)) and is_text(text[: slot.start()]) and not has_slots(parsed.source):
            hint = "Place {children} where the content of the component should appear, with a parameter `children`."
            place = find("<slot", template, parsed.file, lines)
            yield LoadWarning("`<slot>` shows nothing here: hyperpy's components have no slots", place, hint)
        yield from _values(template, numbers, parsed)
    yield from _names(parsed)


def has_slots(source: str) -> bool:
    """Whether a file's `<slot>` may be that of a custom element."""
    return _OF_ELEMENTS.search(source) is not None


def _values(template: ast.TemplateStr, numbers: frozenset[str], parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Warnings about `${name}`, and about filters that are Python's builtins."""
    before = ""
    for part in template.values:
        if isinstance(part, ast.Constant):
            before += str(part.value)
            continue
        if not isinstance(part, ast.Interpolation):
            continue
        if before.endswith("$") and _is_no_amount(part, before, numbers):
            what = f"`${{{part.str}}}` shows a dollar sign in front of the value"
            hint = f"Write `{{{part.str}}}`. If the dollar sign is meant, write `&dollar;{{{part.str}}}`."
            yield LoadWarning(what, place_of(part.value, parsed.file), hint)
        if (found := applied(part.value)) and found[1] in BUILTINS - parsed.bound and not _is_type(found[0]):
            what = f"`|` applies no filter, and `{ast.unparse(part.value)}` is an error"
            yield LoadWarning(what, place_of(part.value, parsed.file), filter_advice(part.value, found[1]))
        before += _HOLE


def _is_no_amount(part: ast.Interpolation, before: str, numbers: frozenset[str]) -> bool:
    """Whether the value behind a dollar sign is probably not an amount of money."""
    if part.format_spec is not None or part.conversion != -1:
        return False
    if _ATTRIBUTE.search(before[before.rfind("<") :]):
        return True
    name = ast.unparse(part.value)
    if not is_text(before) or re.search(r"\w\$\Z", before) or not isinstance(part.value, ast.Name | ast.Attribute):
        return False
    words = re.split(r"[._]", name.lower())
    return len(words[-1]) > 1 and _MONEY.isdisjoint(words) and name not in numbers


def _numbers(parsed: ParsedFile) -> frozenset[str]:
    """The names that a file declares or sets as numbers."""
    found: set[str] = set()
    for node in parsed.index.of(ast.AnnAssign, ast.Assign, ast.arg):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind) | ast.arg(arg=name, annotation=kind):
                if kind is not None and ast.unparse(kind) in _NUMBERS:
                    found.add(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=int() | float())):
                found.add(name)
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.BinOp()):
                found.add(name)
    return frozenset(found)


def _is_type(node: ast.expr) -> bool:
    """Whether `int | float` is a union of types."""
    return isinstance(node, ast.Name) and node.id in ("bytes", "dict", "float", "int", "list", "set", "str", "tuple")


def _names(parsed: ParsedFile) -> Iterator[LoadWarning]:
    """Warnings about `prerender = False` and `getStaticPaths()`, which nothing reads."""
    for node in parsed.tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="prerender" as name)], value=ast.Constant(value=bool())):
                what = f"nothing reads `{name}`"
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                what = f"nothing calls {name}()"
            case _:
                continue
        said = _NAMES.get(name.replace("_", "").lower())
        if said and name not in parsed.reads and name not in parsed.named_for_build:
            yield LoadWarning(f"{what}: {said[0]}", place_of(node, parsed.file), said[1].format(name=name))
