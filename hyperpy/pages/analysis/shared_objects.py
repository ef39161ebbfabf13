"""Objects that only make sense when requests share them."""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, MappingProxyType
from typing import Final

from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.inputs.cached_functions import cache_of, single_value
from hyperpy.pages.analysis.objects.descriptions import origin_of
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import LoadWarning, place_of

# Classes and functions by the package that they come from, whichever module of it defines them.
_SHARED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        package: frozenset(names.split())
        for package, names in {
            "_queue": "SimpleQueue",
            "_thread": "RLock _local lock",
            "aiohttp": "ClientSession",
            "asyncio": "Barrier BoundedSemaphore Condition Event LifoQueue Lock PriorityQueue Queue Semaphore",
            "asyncpg": "create_pool",
            "boto3": "Session client resource",
            "cachetools": "Cache FIFOCache LFUCache LRUCache TLRUCache TTLCache",
            "concurrent": "ProcessPoolExecutor ThreadPoolExecutor",
            "httpx": "AsyncClient Client",
            "jinja2": "Environment",
            "motor": "AsyncIOMotorClient",
            "openai": "AsyncOpenAI OpenAI",
            "psycopg_pool": "AsyncConnectionPool ConnectionPool",
            "pymongo": "AsyncMongoClient MongoClient",
            "queue": "LifoQueue PriorityQueue Queue",
            "redis": "ConnectionPool Redis from_url",
            "requests": "Session session",
            "sqlalchemy": "async_sessionmaker create_async_engine create_engine scoped_session sessionmaker",
            "threading": "Barrier BoundedSemaphore Condition Event Lock RLock Semaphore",
            "weakref": "WeakKeyDictionary WeakSet WeakValueDictionary",
        }.items()
    }
)


def request_names(parsed: ParsedFile, once: Collection[ast.stmt], inputs: frozenset[str]) -> frozenset[str]:
    """The inputs, the variables of a request, and the functions and classes that use them, directly or not."""
    found = set(inputs)
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for statement, names in parsed.names.items():
        found |= names.rebinds
        if statement not in once and not isinstance(statement, definitions):
            found |= names.binds
    while using := [
        name
        for statement, names in parsed.names.items()
        if isinstance(statement, definitions) and names.reads & found
        for name in names.binds - found
    ]:
        found.update(using)
    return frozenset(found)


def shared_objects(
    statements: Iterable[ast.stmt], parsed: ParsedFile, variables: frozenset[str], vocabulary: Vocabulary
) -> Iterator[LoadWarning]:
    """Warnings about objects that the statements of a request create each time. `variables` are the request's names."""
    for statement in statements:
        for name, call in _made(statement, parsed.index):
            if (written := shared_call(call, vocabulary)) or _is_cache(name, call):
                yield _remade(name, call, written, variables, parsed.file)
        if isinstance(statement, ast.AnnAssign) and vocabulary.is_final(statement.annotation) and statement.value:
            yield from _final(statement, variables, parsed.file)
        if isinstance(statement, ast.ClassDef):
            yield from _class(statement, parsed, variables)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and cache_of(statement, vocabulary):
            what = f"the cache of {statement.name}() is made for each request, so it is always empty at first"
            hint = "A function is made once if its defaults are constants and it sets no `global`."
            yield LoadWarning(what, place_of(statement, parsed.file), hint)


def _made(statement: ast.stmt, index: FileIndex) -> Iterator[tuple[str, ast.expr]]:
    """The values that a statement gives to names, and those of `with` blocks."""
    for node in index.level(statement, ast.Assign, ast.AnnAssign, ast.withitem):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.withitem(context_expr=ast.Call() as value):
                yield "", value


def shared_call(value: ast.expr, vocabulary: Vocabulary, packages: Collection[str] = _SHARED) -> str:
    """The name of what a call makes, if that is to be shared and comes from one of these packages."""
    if not isinstance(value, ast.Call):
        return ""
    made = vocabulary.value(value.func)
    if not isinstance(made, type | FunctionType | BuiltinFunctionType):
        return ""
    module, name, _ = origin_of(made)
    package = module.partition(".")[0]
    is_shared = package in packages and name in _SHARED[package]
    return ast.unparse(value.func) if is_shared else ""


def _is_cache(name: str, value: ast.expr) -> bool:
    """Whether an empty dict or list is called a cache."""
    is_empty = isinstance(value, ast.Dict | ast.List) and not list(ast.iter_child_nodes(value))[1:]
    is_empty = is_empty or (
        isinstance(value, ast.Call) and not value.args and ast.unparse(value.func) in {"dict", "set"}
    )
    return is_empty and "cache" in name.lower()


def _remade(name: str, value: ast.expr, made: str, variables: frozenset[str], file: str) -> LoadWarning:
    subject = f"`{name}`" if name else f"this {made}"
    what = f"{subject} is made for each request, so requests don't share it"
    reads = sorted(node.id for node in ast.walk(value) if isinstance(node, ast.Name) and node.id in variables)
    if reads:
        hint = f"It uses `{reads[0]}`, which belongs to a request. Without that, `Final` would share it."
    else:
        hint = f"Write `{name or 'shared'}: Final = {ast.unparse(value)}`, with `from typing import Final`."
        hint += "" if name else " Then use `shared` here."
    return LoadWarning(what, place_of(value, file), hint)


def _class(statement: ast.ClassDef, parsed: ParsedFile, variables: frozenset[str]) -> Iterator[LoadWarning]:
    reads = sorted(parsed.names[statement].reads & variables)
    if not reads:
        return
    what = f"the class {statement.name} is made for each request, because it uses `{reads[0]}`"
    hint = f"`{reads[0]}` belongs to a request. Pass it to the class as an argument."
    if (value := single_value(parsed, reads[0])) is not None:
        hint = f"Write `{reads[0]}: Final = {ast.unparse(value)}`, if `{reads[0]}` is the same for all requests."
    yield LoadWarning(what, place_of(statement, parsed.file), hint)


def _final(statement: ast.AnnAssign, variables: frozenset[str], file: str) -> Iterator[LoadWarning]:
    used = (node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id in variables)
    name = ast.unparse(statement.target)
    if reads := sorted({*used} - {name}):
        what = f"`{name}` is made for each request although it is `Final`, because it uses `{reads[0]}`"
        hint = f"`{reads[0]}` belongs to a request. Make it `Final` too, or leave `Final` out here."
        yield LoadWarning(what, place_of(statement, file), hint)
