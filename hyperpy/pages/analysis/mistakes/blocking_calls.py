"""Calls that block the event loop, in functions that run on it."""

import ast
from collections.abc import Iterator, Mapping
from types import MappingProxyType, MethodType
from typing import Final

from hyperpy.pages.analysis.objects.descriptions import origin_of
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import LoadWarning, place_of
from hyperpy.pages.known_names import MISSING

_IN_THREAD: Final = "Write `await asyncio.to_thread({call})`"

# By package: the functions that wait, whichever module of it defines them, and what to write instead.
_BLOCKING: Final[Mapping[str, tuple[frozenset[str], str]]] = MappingProxyType(
    {
        package: (frozenset(names.split()), instead)
        for package, names, instead in (
            ("time", "sleep", "Write `await asyncio.sleep(…)`."),
            ("requests", "delete get head options patch post put request", "Use `httpx.AsyncClient`, and await it."),
            (
                "httpx",
                "delete get head options patch post put request stream",
                "Use `httpx.AsyncClient`, and await it.",
            ),
            ("urllib", "urlopen urlretrieve", f"{_IN_THREAD}, or use an async client such as httpx."),
            ("subprocess", "call check_call check_output getoutput run", "Use `asyncio.create_subprocess_exec`."),
            ("posix", "popen system wait waitpid", "Use `asyncio.create_subprocess_exec`."),
            ("nt", "popen system waitpid", "Use `asyncio.create_subprocess_exec`."),
            ("os", "popen", "Use `asyncio.create_subprocess_exec`."),
            ("socket", "create_connection getaddrinfo gethostbyname", "Use `asyncio.open_connection`."),
            ("_sqlite3", "connect", f"{_IN_THREAD} with a function that does all the work, or use aiosqlite."),
            ("sqlite3", "connect", f"{_IN_THREAD} with a function that does all the work, or use aiosqlite."),
            ("psycopg", "connect", "Use `psycopg.AsyncConnection`."),
            ("psycopg2", "connect", "Use `psycopg.AsyncConnection`, from psycopg 3."),
            ("pymysql", "connect", "Use aiomysql or asyncmy."),
        )
    }
)
_ASYNC: Final = "Async"


def blocking_calls(parsed: ParsedFile, vocabulary: Vocabulary) -> Iterator[LoadWarning]:
    """Warnings about calls in `async def` functions that wait without letting other requests run."""
    for function in parsed.index.of(ast.AsyncFunctionDef):
        for call in parsed.index.owned(function, ast.Call):
            if instead := _instead(call, vocabulary):
                name = ast.unparse(call.func)
                what = f"{name}() in the `async def` {function.name}() holds up every other request"
                hint = instead.format(call=name + ", …" * bool(call.args or call.keywords))
                yield LoadWarning(what, place_of(call, parsed.file), hint)


def _instead(call: ast.Call, vocabulary: Vocabulary) -> str:
    """The hint for a blocking call; nothing if it doesn't block."""
    made = vocabulary.value(call.func)
    if made is MISSING:
        return ""
    target = made.__func__ if isinstance(made, classmethod | MethodType) else made  # as psycopg.connect is
    module, name, qualified = origin_of(target)
    names, instead = _BLOCKING.get(module.partition(".")[0], (frozenset[str](), ""))
    is_blocking = name in names and not qualified.rpartition(".")[0].startswith(_ASYNC)
    return instead if is_blocking else ""
