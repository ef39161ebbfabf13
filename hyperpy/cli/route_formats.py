"""The routes as JSON, and as a tree of their URLs."""

import json
from collections.abc import Sequence
from dataclasses import field

from hyperpy.app import RouteRow
from hyperpy.exceptions import display_path
from hyperpy.record_classes import record


@record(slots=True)
class _Branch:
    """A segment of URLs. `row` is the route that ends with it, if there is one."""

    row: RouteRow | None = None
    children: dict[str, _Branch] = field(default_factory=dict)


def as_json(rows: Sequence[RouteRow]) -> str:
    """A list of objects, with the files as they are named in messages."""
    objects = [
        {**row._asdict(), "file": display_path(row.file), "guards": list(map(display_path, row.guards))} for row in rows
    ]
    return json.dumps(objects, indent=2, ensure_ascii=False)


def as_tree(rows: Sequence[RouteRow]) -> str:
    """The segments of the URLs, each below the one before it, with the methods and files of the routes."""
    root = _Branch()
    for row in rows:
        branch = root
        for segment in row.url.strip("/").split("/") if row.url != "/" else ():
            branch = branch.children.setdefault(segment, _Branch())
        branch.row = row
    lines = [("/", root.row), *_lines(root, "")]
    methods = ["" if row is None else ", ".join(row.methods) for _, row in lines]
    files = ["" if row is None else display_path(row.file) for _, row in lines]
    width, across = max(len(text) for text, _ in lines), max(map(len, methods))
    cells = zip((text for text, _ in lines), methods, files, strict=True)
    return "\n".join(f"{text:<{width}}  {answered:<{across}}  {file}".rstrip() for text, answered, file in cells)


def _lines(branch: _Branch, margin: str) -> list[tuple[str, RouteRow | None]]:
    lines: list[tuple[str, RouteRow | None]] = []
    for number, (segment, child) in enumerate(branch.children.items(), 1):
        is_last = number == len(branch.children)
        lines.append((f"{margin}{'└── ' if is_last else '├── '}{segment}", child.row))
        lines += _lines(child, margin + ("    " if is_last else "│   "))
    return lines
