"""Names of submitted fields, such as `address.street` and `items[0].name` → a tree of what was submitted.

HTML gives a name no structure. Frameworks write `address.street` and `items[0].name` (Spring, ASP.NET), or
`address[street]`, `items[0][name]` and `tags[]` (PHP, Rails). All of these are read. hyperpy itself writes the first.
"""

import re
from collections.abc import Iterable
from dataclasses import field
from typing import Final

from starlette.datastructures import UploadFile

from hyperpy.lazy import lazy_pattern
from hyperpy.record_classes import record

MAX_DEPTH: Final = 32
"""Parts that a name may have. A longer name is taken as a whole."""

_NAME: Final = lazy_pattern(r"[^.\[\]]+(?:\.[^.\[\]]+|\[[^.\[\]]*\])*", re.DOTALL)
_PART: Final = lazy_pattern(r"[^.\[\]]+|\[\]", re.DOTALL)
_INDEX: Final = lazy_pattern(r"0|[1-9][0-9]{0,8}")

APPENDED: Final = "[]"
"""The part of a name that adds to a list."""


@record(slots=True)
class Submitted:
    """The values submitted for one name, in the order of the body, and the names below it."""

    values: list[str | UploadFile] = field(default_factory=list)
    children: dict[str, Submitted] = field(default_factory=dict)

    def child(self, name: str) -> Submitted:
        return self.children.setdefault(name, Submitted())

    def find(self, path: Iterable[str]) -> Submitted | None:
        found: Submitted | None = self
        for name in path:
            found = found.children.get(name) if found else None
        return found

    def items(self) -> list[Submitted] | None:
        """The items of a list in the order of their indexes, without gaps; None if a name is not an index.

        A client may leave numbers out, because it has removed rows.
        """
        if not all(_INDEX.fullmatch(name) for name in self.children):
            return None
        return [self.children[name] for name in sorted(self.children, key=int)]

    @property
    def is_blank(self) -> bool:
        """Whether it has no text but white space, and no file."""
        return all(map(is_blank, self.values)) and all(child.is_blank for child in self.children.values())


def is_blank(value: str | UploadFile) -> bool:
    """Whether a control was left empty. For a file, browsers then send an empty file name."""
    return not value.strip() if isinstance(value, str) else not value.filename and not value.size


def submitted_tree(pairs: Iterable[tuple[str, str | UploadFile]]) -> Submitted:
    """The tree of all submitted names. A name that can't be split stands in it as it is."""
    root = Submitted()
    for name, value in pairs:
        node = root
        for part in parts_of(name):
            node = node.child(part)
        node.values.append(value)
    return root


def parts_of(name: str) -> list[str]:
    """`items[0].name` → `items`, `0`, `name`; `tags[]` is the same as `tags`."""
    if "." not in name and "[" not in name and "]" not in name:
        return [name]
    if not _NAME.fullmatch(name):
        return [name]
    parts = _PART.findall(name)
    if parts[-1] == APPENDED:
        parts.pop()
    return parts if 0 < len(parts) <= MAX_DEPTH else [name]
