"""Names in `render(fragments=…)` that no template of the file, or of the files that it imports, has."""

import ast
import re
import sys
from collections.abc import Iterator

from hyperpy.check.findings import Finding, Severity
from hyperpy.check.site_files import SiteFile, SiteFiles
from hyperpy.exceptions import did_you_mean
from hyperpy.pages.facts import place_of
from hyperpy.pages.known_names import MISSING
from hyperpy.templates.syntax.nodes import Component, Fragment, Value, walk


def check_fragments(files: SiteFiles) -> Iterator[Finding]:
    """Findings about literal names of fragments that don't exist."""
    for file in files.files:
        named = list(_rendered(file))
        if not named:
            continue
        reach = files.reach(file)
        if any(each.is_broken or _has_foreign_components(each, files) for each in reach):
            continue
        names = [node.name for each in reach for node in _fragments(each)]
        known = sorted({"".join(map(str, name)) for name in names if all(isinstance(piece, str) for piece in name)})
        for constant in named:
            name = str(constant.value)
            if not any(_is_named(name, each) for each in names):
                hint = did_you_mean(name, known) or _listed(known)
                what = f"there is no fragment `{name}`"
                yield Finding(Severity.ERROR, "fragment", what, place_of(constant, file.path), hint)


def _rendered(file: SiteFile) -> Iterator[ast.Constant]:
    """The literal names in the calls of `render`."""
    for call in file.parsed.index.of(ast.Call):
        if file.vocabulary.public_name(call.func) != "render":
            continue
        for keyword in call.keywords:
            if keyword.arg == "fragments":
                value = keyword.value
                items = value.elts if isinstance(value, ast.List | ast.Tuple | ast.Set) else [value]
                for item in items:
                    if isinstance(item, ast.Constant) and isinstance(item.value, str):
                        yield item


def _fragments(file: SiteFile) -> Iterator[Fragment]:
    for literal in file.literals:
        for node in walk(literal.document.nodes):
            if isinstance(node, Fragment):
                yield node


def _has_foreign_components(file: SiteFile, files: SiteFiles) -> bool:
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
