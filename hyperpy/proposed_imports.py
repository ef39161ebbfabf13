"""The import that a hint leaves out: for names of hyperpy that it proposes, and that the file doesn't have."""

import ast
import linecache
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

_PACKAGE: Final = "hyperpy"
_METHODS: Final = ("DELETE", "GET", "PATCH", "POST", "PUT")
_CLASSES: Final = (
    *("Body", "Cookie", "Depends", "Event", "File", "FileResponse", "Flash", "Form", "FormField", "HTMLResponse"),
    *("HTMX", "HTTPException", "Header", "Hyper", "JSON", "JSONResponse", "Loaded", "Markup", "Message"),
    *("PlainTextResponse", "Query", "RedirectResponse", "Request", "Response", "Session", "Settings"),
    *("StreamingResponse", "Suspense", "TrustedCSS", "TrustedJS", "TrustedURL", "UploadFile"),
)
_FUNCTIONS: Final = (
    *("asset", "channel", "flash", "html", "listen", "poll", "queue", "redirect", "render", "spawn", "swap"),
)
_OBJECTS: Final = ("htmx", "request", "response", "session")

NAMES: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys((*_METHODS, *_CLASSES, *_FUNCTIONS, *_OBJECTS, "url"), _PACKAGE)
    | dict.fromkeys(("Annotated", "Final"), "typing")
)
"""The modules of the names that a hint may propose."""

_CODE: Final = re.compile(r"`([^`]*)`|^ {4}(.*)$|((?<![\w.])\w+[(\[].*)", re.MULTILINE)
_USES: Final = re.compile(
    rf"(?<![\w.\"'/{{<-])(?:(url)(?=\(\")|({'|'.join(_OBJECTS)})(?=[.\[])|({'|'.join(_FUNCTIONS)})(?=\()"
    rf"|({'|'.join((*_METHODS, *_CLASSES, 'Annotated', 'Final'))})\b(?!['\"]))"
)


def with_import(hint: str, file: str) -> str:
    """The hint with the import of what it proposes, as far as the file lacks that."""
    if not hint or not file.endswith(".py") or not (proposed := list(dict.fromkeys(_proposed(hint)))):
        return hint
    known = _names("".join(linecache.getlines(file)))
    lacking: dict[str, list[str]] = {}
    for name in proposed:
        if known is not None and name not in known and not re.search(rf"[Ii]mport\b[^.]*\b{name}\b", hint):
            lacking.setdefault(NAMES[name], []).append(name)
    if not lacking:
        return hint
    lines = " and ".join(f"`from {module} import {', '.join(sorted(names))}`" for module, names in lacking.items())
    if "\n" in hint:  # it may be about one of several ways
        return f"{hint}\nThe import{' is' if len(lacking) == 1 else 's are'} {lines}."
    return f"{hint} Import {'it' if sum(map(len, lacking.values())) == 1 else 'them'}: {lines}."


def _proposed(hint: str) -> Iterator[str]:
    """The names of `NAMES` that the code in a hint uses."""
    for code in _CODE.finditer(hint):
        for found in _USES.finditer(next(filter(None, code.groups()), "")):
            yield found[0]


@lru_cache(maxsize=64)
def _names(source: str) -> frozenset[str] | None:
    """The names that a file has somewhere; None if they can't be known, or if it imports hyperpy as a module."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return frozenset(re.findall(r"\w+", source)) if source else None
    names = set[str]()
    for node in nodes if source else ():
        match node:
            case ast.alias(name=name, asname=None):
                names.add(name)
            case ast.alias(asname=str(name)) | ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
    return None if not source or names & {"*", "hyperpy", "hyper"} else frozenset(names)
