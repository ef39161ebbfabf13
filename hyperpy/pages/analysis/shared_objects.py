"""Objects that only make sense when requests share them, and functions whose cache must not outlive a request."""

import ast
import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, MappingProxyType
from typing import Final

from hyperpy.exceptions import Place, RouteError, message
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.scopes import module_level
from hyperpy.pages.analysis.vocabulary import Vocabulary

_CACHES: Final = (functools.cache, functools.lru_cache, functools.cached_property)
# Imported from hyperpy, these are the running request's.
_OF_THE_REQUEST: Final = frozenset({"htmx", "request", "response", "session"})

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


@dataclass(frozen=True, slots=True)
class LoadWarning:
    """Something in a route file that works, but probably not as it is meant."""

    what: str
    place: Place
    hint: str

    def __str__(self) -> str:
        return message(f"warning: {self.what}", self.place, self.hint)


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
    """Warnings about objects that the statements of a request make anew. `variables` are the request's names."""
    for statement in statements:
        for name, call in _made(statement):
            if (written := _is_shared(call, vocabulary)) or _is_cache(name, call):
                yield _remade(name, call, written, variables, parsed.file)
        if isinstance(statement, ast.AnnAssign) and vocabulary.is_final(statement.annotation) and statement.value:
            yield from _final(statement, variables, parsed.file)
        if isinstance(statement, ast.ClassDef):
            yield from _class(statement, parsed, variables)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and _cache_of(statement, vocabulary):
            what = f"the cache of {statement.name}() is made for each request, so it is always empty at first"
            hint = "A function is made once if its defaults are constants and it sets no `global`."
            yield LoadWarning(what, place_of(statement, parsed.file), hint)


def _made(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """The values that a statement gives to names, and those of `with` blocks."""
    for node in module_level(statement):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.withitem(context_expr=ast.Call() as value):
                yield "", value


def _is_shared(value: ast.expr, vocabulary: Vocabulary) -> str:
    """The name of what a call makes, if that is to be shared."""
    if not isinstance(value, ast.Call):
        return ""
    made = vocabulary.value(value.func)
    if not isinstance(made, type | FunctionType | BuiltinFunctionType):
        return ""
    package = str(made.__module__).partition(".")[0]
    return ast.unparse(value.func) if made.__name__ in _SHARED.get(package, ()) else ""


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
    if (value := _single_value(parsed, reads[0])) is not None:
        hint = f"Write `{reads[0]}: Final = {ast.unparse(value)}`, if `{reads[0]}` is the same for all requests."
    yield LoadWarning(what, place_of(statement, parsed.file), hint)


def _final(statement: ast.AnnAssign, variables: frozenset[str], file: str) -> Iterator[LoadWarning]:
    used = (node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and node.id in variables)
    name = ast.unparse(statement.target)
    if reads := sorted({*used} - {name}):
        what = f"`{name}` is made for each request although it is `Final`, because it uses `{reads[0]}`"
        hint = f"`{reads[0]}` belongs to a request. Make it `Final` too, or leave `Final` out here."
        yield LoadWarning(what, place_of(statement, file), hint)


def _single_value(parsed: ParsedFile, name: str) -> ast.expr | None:
    """The only value that the file gives to a name."""
    for statement in parsed.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                return value if name in parsed.bound_once else None
    return None


def _cache_of(function: ast.FunctionDef | ast.AsyncFunctionDef, vocabulary: Vocabulary) -> str:
    """How a function is decorated with a cache."""
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if any(vocabulary.value(target) is cache for cache in _CACHES):
            return ast.unparse(target)
    return ""


def check_cached(parsed: ParsedFile, variables: frozenset[str], vocabulary: Vocabulary) -> None:
    """Raises RouteError for a cached function that reads a name of the request, itself or by another function.

    Its cache would give the values of one visitor to the next.
    """
    pairs = [(statement, function) for statement in parsed.tree.body for function in _functions(statement)]
    cached = [(*pair, cache) for pair in pairs if (cache := _cache_of(pair[1], vocabulary))]
    readers = variables | _readers(parsed.tree.body, vocabulary) if cached else variables
    for statement, function, cache in cached:
        inside = {node for part in function.body for node in ast.walk(part)}
        uses = (use.node for use in parsed.names[statement].uses if use.node in inside)
        for node in uses:
            if node.id in readers or vocabulary.public_name(node) in _OF_THE_REQUEST:
                what = f"`@{cache}` keeps what {function.name}() returns, but it uses `{node.id}` of the request"
                hint = f"Pass `{node.id}` as an argument, or what you need of it, or remove `@{cache}`."
                if (value := _single_value(parsed, node.id)) is not None:
                    hint += f"\nIf it is the same for all requests, write `{node.id}: Final = {ast.unparse(value)}`."
                raise RouteError(what, place=place_of(node, parsed.file), hint=hint)


def _functions(statement: ast.stmt) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a statement that exist once for each time it runs: those of classes, but not nested ones."""
    for node in module_level(statement):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                yield from _functions(part)


def _readers(statements: Sequence[ast.stmt], vocabulary: Vocabulary) -> frozenset[str]:
    """The functions and classes that read the imported request, themselves or by another."""
    readers: set[str] = set()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    definitions = [statement for statement in statements if isinstance(statement, kinds)]
    while found := [d.name for d in definitions if d.name not in readers and _reads(d, readers, vocabulary)]:
        readers.update(found)
    return frozenset(readers)


def _reads(definition: ast.stmt, readers: set[str], vocabulary: Vocabulary) -> bool:
    names = (node for node in ast.walk(definition) if isinstance(node, ast.Name) and node not in vocabulary.local)
    return any(node.id in readers or vocabulary.public_name(node) in _OF_THE_REQUEST for node in names)
