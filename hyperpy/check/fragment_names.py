"""Calls of `render` that certainly fail.

- Names in `render(fragments=…)` that no template of the file, or of the files that it imports, has.
- Calls in a page for a fragment that only another page of the file has, or for the element or page that they are in.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator

from hyperpy.check.findings import Finding, Severity
from hyperpy.check.site_files import SiteFile, SiteFiles
from hyperpy.exceptions import did_you_mean
from hyperpy.pages import IN_BOTH
from hyperpy.pages.analysis.placement import is_template
from hyperpy.pages.facts import place_of
from hyperpy.pages.known_names import MISSING
from hyperpy.templates.at_load.literals import Literal
from hyperpy.templates.syntax.holes import Value
from hyperpy.templates.syntax.nodes import Component, Fragment, Hole, Node, RawHole, Spread, Tag, walk


def check_fragments(files: SiteFiles) -> Iterator[Finding]:
    """Findings about literal names of fragments that don't exist."""
    for file in files.files:
        calls = [call for call in file.parsed.index.of(ast.Call) if _is_render(file, call)]
        yield from _in_pages(file, calls)
        named = [constant for call in calls for constant in _names(call)]
        if not named:
            continue
        reach = files.reach(file)
        if any(each.is_broken or each.lacks_fragments or has_foreign_components(each, files) for each in reach):
            continue
        fragments = [(each, literal, node) for each in reach for literal, node in _fragments(each)]
        names = [node.name for _, _, node in fragments]
        known = sorted({"".join(map(str, name)) for name in names if all(isinstance(piece, str) for piece in name)})
        for constant in named:
            name = str(constant.value)
            found = [(each, literal) for each, literal, node in fragments if _is_named(name, node.name)]
            if found and (line := _line_of_other(file, constant, found)):
                what = f"the page that is rendered here has no fragment `{name}`; line {line} has"
                yield Finding(Severity.ERROR, "fragment", what, place_of(constant, file.path), IN_BOTH)
            elif not found:
                hint = did_you_mean(name, known) or _listed(known)
                what = f"there is no fragment `{name}`"
                yield Finding(Severity.ERROR, "fragment", what, place_of(constant, file.path), hint)


def _is_render(file: SiteFile, call: ast.Call) -> bool:
    return file.vocabulary.public_name(call.func) == "render"


def _names(call: ast.Call) -> Iterator[ast.Constant]:
    """The literal names of fragments in a call of `render`."""
    for keyword in call.keywords:
        if keyword.arg == "fragments":
            value = keyword.value
            items = value.elts if isinstance(value, ast.List | ast.Tuple | ast.Set) else [value]
            for item in items:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    yield item


def _in_pages(file: SiteFile, calls: Iterable[ast.Call]) -> Iterator[Finding]:
    """Findings about calls that render the page or the element that they are in."""
    index = file.parsed.index
    for call in calls:
        page = _page_of(file, call)
        if page is None:
            continue
        if not (call.args or call.keywords):
            hint = "Call render() without arguments outside of the page."
            yield Finding(Severity.ERROR, "fragment", "the page renders itself", place_of(call, file.path), hint)
        around = [text for text, holes in _elements(file, page) for hole in holes if call in index.inside(hole)]
        for constant in _names(call):
            if constant.value in around:
                what = f"the fragment `{constant.value}` renders itself"
                hint = "Call render() outside of the element that it renders."
                yield Finding(Severity.ERROR, "fragment", what, place_of(constant, file.path), hint)


def _page_of(file: SiteFile, node: ast.AST) -> ast.Expr | None:
    """The page, a t-string by itself, that evaluates a node while it is rendered."""
    if next(file.parsed.index.owners_of(node), None) is not None:
        return None
    found: ast.AST | None = node
    while found is not None:
        if isinstance(found, ast.Expr):
            return found if is_template(found) else None
        found = file.parsed.index.parent(found)
    return None


def _elements(file: SiteFile, page: ast.Expr) -> Iterator[tuple[str, list[ast.expr]]]:
    """The fragments of a page with literal names, and the expressions in them."""
    inside = set(file.parsed.index.of(ast.TemplateStr, inside=page))
    for literal, node in _fragments(file):
        if literal.node in inside and all(isinstance(piece, str) for piece in node.name):
            indices = {index for part in walk(node.body) for index in _holes(part)}
            yield "".join(map(str, node.name)), [h.value for index, h in literal.holes.items() if index in indices]


def _holes(node: Node) -> Iterator[int]:
    if isinstance(node, Hole | RawHole | Component):
        yield node.index
    for item in node.attributes if isinstance(node, Tag | Component) else ():
        yield from (item.index,) if isinstance(item, Spread) else (i for i in item.value or () if isinstance(i, int))


def _line_of_other(file: SiteFile, node: ast.AST, found: list[tuple[SiteFile, Literal]]) -> int:
    """The line of another page of the file, if a node is in a page and what is `found` in none but others; else 0."""
    page = _page_of(file, node)
    if page is None or any(each is not file for each, _ in found):
        return 0
    pages = [_page_of(file, literal.node) for _, literal in found]
    return pages[0].lineno if pages[0] and None not in pages and page not in pages else 0


def _fragments(file: SiteFile) -> Iterator[tuple[Literal, Fragment]]:
    for literal in file.literals:
        for node in walk(literal.document.nodes):
            if isinstance(node, Fragment):
                yield literal, node


def has_foreign_components(file: SiteFile, files: SiteFiles) -> bool:
    """Whether a file uses a component of a library. Its templates aren't read, and may have fragments."""
    for literal in file.literals:
        for node in walk(literal.document.nodes):
            if isinstance(node, Component) and (hole := literal.holes.get(node.index)) is not None:
                value = file.vocabulary.value(hole.value)
                module = str(getattr(value, "__module__", "")) if value is not MISSING else ""
                source = getattr(sys.modules.get(module), "__file__", None)
                if source and source not in files.by_path and not module.startswith("hyperpy."):
                    return True
    return False


def _is_named(text: str, name: Value) -> bool:
    regex = "".join(re.escape(piece) if isinstance(piece, str) else ".*" for piece in name)
    return re.fullmatch(regex, text, re.DOTALL) is not None


def _listed(known: list[str]) -> str:
    if not known:
        return 'Mark an element with its name: <div {fragment}="…">.'
    return f"The fragments are {', '.join(f'`{name}`' for name in known)}."
