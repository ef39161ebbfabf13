"""docs/reference/, made from signatures, docstrings, settings and commands.

`python -m tests.docs_support.reference` writes it. A docstring is Markdown, and its first sentence says what a name is.
"""

import ast
import importlib
import inspect
import re
from annotationlib import Format, get_annotations
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import is_protocol

import click

from hyperpy.cli import main as hyper
from hyperpy.config import flag_of, key_of, setting_fields, variable_of
from tests.public_api import describe_function, has_own_constructor, is_ours, members

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
WIDTH = 88  # of signatures

INTRODUCTIONS = {
    "hyperpy": "Import these from `hyperpy`, or from `hyper`, the same package under a shorter name.",
    "hyperpy.testing": "Tools for tests of a site, which [Testing](../testing.md) explains. They need "
    '`pip install "./hyperpy[testing]"`.',
    "hyperpy.channels": "For scripts and for backends of your own. [Channels](../channels.md) explains channels.",
    "hyperpy.datastar": "Events and inputs for Datastar, which [Datastar](../datastar.md) explains.",
    "hyperpy.exceptions": "Every error and warning. [Load errors](../load-errors.md) lists those of route files.",
}

# The names of `hyperpy` by subject, each subject with its guide.
SUBJECTS = {
    ("Templates", "templates.md"): "html Markup TrustedURL TrustedJS TrustedCSS",
    ("Fragments and async values", "fragments.md"): "fragment render Suspense",
    ("Inputs", "route-files.md#inputs"): "Query Header Cookie Path Loaded InputMarker",
    ("Forms and bodies", "forms.md"): "Form FormField File UploadFile Body",
    ("Dependencies and background work", "dependencies.md"): "Depends spawn",
    ("Methods and settings of a route", "route-files.md#methods"): "GET POST PUT PATCH DELETE route",
    ("Request and response", "route-files.md#the-request-and-the-response"): "request response Request HTTPException "
    "redirect Response HTMLResponse JSONResponse PlainTextResponse RedirectResponse StreamingResponse FileResponse "
    "csp_nonce",
    ("URLs", "routing.md#urls-of-routes"): "url asset",
    ("Sessions", "sessions.md"): "session Session flash flashes Flash",
    ("Streams", "streaming.md"): "Event JSON poll swap",
    ("Channels", "channels.md"): "channel queue Message START NOW listen",
    ("htmx", "htmx.md"): "htmx HTMX",
    ("The application", "deploying.md#your-own-application"): "Hyper Settings HyperError",
}

FROM_STARLETTE = "https://www.starlette.io/"


@cache
def pages() -> dict[str, str]:
    """The file names and the texts of the reference."""
    return {
        "hyperpy.md": "\n".join(_main_module()),
        **{f"{name.partition('.')[2]}.md": "\n".join(_module(name)) for name in INTRODUCTIONS if "." in name},
        "settings.md": "\n".join(_settings()),
        "commands.md": "\n".join(_commands()),
    }


def _main_module() -> Iterator[str]:
    yield from ("# hyperpy", "", INTRODUCTIONS["hyperpy"], "")
    module = importlib.import_module("hyperpy")
    for (subject, guide), names in SUBJECTS.items():
        yield from (f"## {subject}", "", f"Guide: [{_title(guide)}](../{guide}).", "")
        for name in names.split():
            yield from _entry(module, name)


def _module(name: str) -> Iterator[str]:
    yield from (f"# {name}", "", INTRODUCTIONS[name], "")
    module = importlib.import_module(name)
    listed = set(importlib.import_module("hyperpy").__all__)
    for each in sorted(module.__all__, key=str.lower):
        if name != "hyperpy" and each in listed:
            yield from (f"## {each}", "", f"See [`hyperpy.{each}`](hyperpy.md#{each.lower()}).", "")
        else:
            yield from _entry(module, each, level=2)


def _entry(module: ModuleType, name: str, level: int = 3) -> Iterator[str]:
    value = getattr(module, name)
    yield from (f"{'#' * level} {name}", "")
    if inspect.isfunction(value):
        yield from _code(describe_function(name, value), prefix=_manager(value))
        yield from _text(value)
    elif inspect.isclass(value) and is_ours(value):
        yield from _class(name, value)
    elif inspect.isclass(value):
        package = value.__module__.partition(".")[0]
        yield from (f"The class of [{package}]({_home(package)}) of the same name.", "")
    elif documented := _comment_below(module, name):
        yield from (documented, "")
    elif is_ours(type(value)):
        yield from _text(type(value))
    else:
        raise LookupError(f"{module.__name__}.{name} needs a string below its assignment")


def _class(name: str, cls: type) -> Iterator[str]:
    bases = [base.__name__ for base in cls.__bases__ if is_ours(base) and not base.__name__.startswith("_")]
    constructor = list(describe_function("__init__", cls)) if has_own_constructor(cls) and not is_protocol(cls) else []
    calls = [line.replace("def __init__", name, 1).removesuffix(" -> None") for line in constructor]
    yield from _code(calls or [name], prefix="class ")
    if bases:
        yield from (f"A subclass of {' and '.join(f'`{base}`' for base in bases)}.", "")
    yield from _text(cls) if cls.__doc__ else ()
    given = inspect.signature(cls).parameters if constructor else ()
    inherited = {name for base in cls.__mro__[1:] for name in vars(base) if _is_public(base)}
    values, methods, kept = [], [], []
    for attribute, member in sorted(members(cls)):
        if (attribute in inherited and attribute not in vars(cls)) or attribute.startswith("test_"):
            continue
        if attribute in given and not _says(member):
            kept.append(f"`{attribute}`")
        elif isinstance(member, property):
            signature = inspect.signature(member.fget or repr, annotation_format=Format.STRING)
            values.append(f"- `{attribute}: {signature.return_annotation}`{_says(member)}")
        elif inspect.isfunction(member) or isinstance(member, classmethod | staticmethod):
            function = getattr(cls, attribute)
            methods += [f"- `{_short(line)}`{_says(function)}" for line in describe_function(attribute, function)]
        elif (annotation := _annotation(cls, attribute)) is not None:
            kind = type(member).__name__ if annotation == "Final" else annotation
            values.append(f"- `{attribute}: {kind}`")
    if kept:
        is_all = len(kept) == len(given)
        yield from ("Each parameter is an attribute." if is_all else f"Attributes: {', '.join(kept)}.", "")
    if values or methods:
        yield from (*values, *methods, "")


def _is_public(cls: type) -> bool:
    return cls.__name__ in importlib.import_module("hyperpy").__all__


def _annotation(cls: type, name: str) -> str | None:
    for each in cls.__mro__:
        annotations = get_annotations(each, format=Format.STRING)
        if name in annotations:
            return str(annotations[name])
    return None


def _says(of: object) -> str:
    """The docstring on one line, after a colon."""
    text = " ".join((inspect.getdoc(of) or "").split())
    return f": {text[:1].lower() + text[1:] if text[1:2].islower() else text}" if text else ""


def _text(of: object) -> Iterator[str]:
    yield from ((inspect.getdoc(of) or "").splitlines() or [""])
    yield ""


def _code(lines: Iterable[str], prefix: str = "") -> Iterator[str]:
    yield "```python"
    for line in lines:
        yield from _wrapped(prefix + _short(line))
    yield from ("```", "")


def _short(signature: str) -> str:
    """The signature without the first parameter of methods, and without what defaults are inside."""
    signature = re.sub(r"(\w)\(self(?:, )?", r"\1(", signature)
    signature = re.sub(r"<object object>|<_Missing\.[^>]*>|<[\w.]+ object>", "…", signature)
    signature = re.sub(r"<([\w.]+): [^>]*>", r"\1", signature)
    return signature.removeprefix("def ")


def _wrapped(signature: str) -> Iterator[str]:
    """A signature on one line, or else one line for each parameter."""
    if len(signature) <= WIDTH or "(" not in signature:
        yield signature
        return
    start, end = signature.index("("), _closing(signature, signature.index("("))
    yield signature[: start + 1]
    yield from (f"    {parameter}," for parameter in _split(signature[start + 1 : end]))
    yield signature[end:]


def _closing(text: str, start: int) -> int:
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] in "([{") - (text[place] in ")]}")
        if not depth:
            return place
    raise ValueError(f"unbalanced brackets in {text!r}")


def _split(parameters: str) -> Iterator[str]:
    depth, begun, is_quoted = 0, 0, False
    for place, character in enumerate(parameters):
        depth += (character in "([{") - (character in ")]}")
        is_quoted ^= character == "'"
        if character == "," and not depth and not is_quoted:
            yield parameters[begun:place].strip()
            begun = place + 1
    yield parameters[begun:].strip()


@cache
def _comments_of(module: str) -> dict[str, str]:
    """The strings below assignments of a module, by the name that is assigned."""
    body = ast.parse(inspect.getsource(importlib.import_module(module))).body
    found = {}
    for statement, following in pairwise(body):
        match statement, following:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                found[name] = inspect.cleandoc(text)
    return found


def _comment_below(module: ModuleType, name: str) -> str:
    places = (module.__name__, "hyperpy.pages.proxies", "hyperpy.web.htmx", "hyperpy.channels.subscription")
    places += ("hyperpy.channels.hub.hub", "hyperpy.pages.input_markers", "hyperpy.templates.rendering.fragments")
    return next((_comments_of(place)[name] for place in places if name in _comments_of(place)), "")


def _title(guide: str) -> str:
    """The title of a document."""
    return (FOLDER.parent / guide.partition("#")[0]).read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def _manager(function: Callable[..., object]) -> str:
    """How to use a function: `async with` for one that makes context managers."""
    code = getattr(function, "__code__", None)
    made_by = Path(code.co_filename).name if code else ""
    if made_by != "contextlib.py":
        return ""
    return "async with " if inspect.isasyncgenfunction(inspect.unwrap(function)) else "with "


def _home(package: str) -> str:
    homes = {"starlette": FROM_STARLETTE, "markupsafe": "https://markupsafe.palletsprojects.com/"}
    return homes[package]


def _settings() -> Iterator[str]:
    yield from ("# Settings", "")
    yield "A flag wins over a variable, and a variable over a key of `[tool.hyper]` in `pyproject.toml`."
    yield "[Deploying](../deploying.md#settings) explains them by subject."
    yield ""
    for name, field in setting_fields().items():
        meta = field.metadata
        yield from (f"## {key_of(name)}", "", meta["help"], "")
        yield f"- Flag `{flag_of(name)}`, variable `{variable_of(name)}`, key `{key_of(name)}`"
        yield f"- Default: {'none' if field.default is None else f'`{field.default}`'}"
        if meta["choices"]:
            yield f"- One of {', '.join(f'`{choice}`' for choice in meta['choices'])}"
        words = {"at least": meta["least"], "at most": meta["most"]}
        limits = [f"{word} `{_number(limit)}`" for word, limit in words.items() if limit]
        if limits:
            yield f"- {' and '.join(limits).capitalize()}"
        if meta["of_app"]:
            yield f"- Of the application: also `Hyper(settings=Settings({name}=…))`"
        yield ""


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _commands() -> Iterator[str]:
    yield from ("# Commands", "", "[The command line](../command-line.md) says when to use which.", "")
    for path, command in _all_commands("hyper", hyper):
        context = click.Context(command, info_name=path, terminal_width=80)
        yield from (f"## {path}", "", "```text", command.get_help(context), "```", "")


def _all_commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, each in sorted(command.commands.items()):
            yield from _all_commands(f"{path} {name}", each)
    else:
        yield path, command


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
