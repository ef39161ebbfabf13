"""What the names in a file stand for."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

RESPONSES = frozenset(
    {
        "FileResponse",
        "HTMLResponse",
        "JSONResponse",
        "PlainTextResponse",
        "RedirectResponse",
        "Response",
        "StreamingResponse",
        "redirect",
    }
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the file's imports call things: `from hyper import render as r` makes `r` stand for `hyperpy.render`."""

    local: dict[str, str] = field(default_factory=dict)

    def resolve(self, node: ast.expr) -> str:
        """The dotted name that an expression stands for, or the empty string."""
        match node:
            case ast.Name(id=name):
                return self.local.get(name, "")
            case ast.Attribute(value=value, attr=attribute):
                base = self.resolve(value)
                return f"{base}.{attribute}" if base else ""
        return ""

    def public_name(self, node: ast.expr) -> str:
        """The public name of hyperpy that an expression stands for, or the empty string."""
        dotted = self.resolve(node)
        return dotted.removeprefix("hyperpy.") if dotted.startswith("hyperpy.") else ""

    def response(self, node: ast.expr) -> str:
        """The response class or `redirect` that an expression stands for, hyperpy's or Starlette's; else empty."""
        dotted = self.resolve(node)
        package, _, name = dotted.rpartition(".")
        known = package in {"hyperpy", "starlette.responses"} and name in RESPONSES
        return name if known else ""

    def http_exception(self, node: ast.expr) -> bool:
        return self.resolve(node) in {"hyperpy.HTTPException", "starlette.exceptions.HTTPException"}

    def spellings(self, public: str) -> frozenset[str]:
        """All ways the file may write one of hyperpy's public names."""
        direct = {local for local, dotted in self.local.items() if dotted == f"hyperpy.{public}"}
        modules = {local for local, dotted in self.local.items() if dotted == "hyperpy"}
        return frozenset(direct | {f"{module}.{public}" for module in modules})


def vocabulary_of(tree: ast.Module, bound_otherwise: Iterable[str] = ()) -> Vocabulary:
    """The aliases that the imports of a file make, wherever they stand; a name that is also bound otherwise is none."""
    local: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                head = alias.name.partition(".")[0]
                local[alias.asname or head] = _canonical(alias.name if alias.asname else head)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                local[alias.asname or alias.name] = _canonical(f"{node.module}.{alias.name}")
    for name in bound_otherwise:
        local.pop(name, None)
    return Vocabulary(local)


def _canonical(dotted: str) -> str:
    """`hyper` is the other name of `hyperpy`."""
    return f"hyperpy{dotted.removeprefix('hyper')}" if dotted == "hyper" or dotted.startswith("hyper.") else dotted
