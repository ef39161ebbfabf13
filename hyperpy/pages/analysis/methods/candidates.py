"""Chooses the loader and the stream of each method among the async functions of a file."""

import ast
from collections.abc import Iterator, Mapping, Sequence

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import blocks
from hyperpy.pages.analysis.methods.function_uses import FunctionUses
from hyperpy.pages.analysis.methods.method_conditions import Path, flags_in, is_reached
from hyperpy.pages.analysis.methods.page_methods import reaches_template
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import is_template
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import FLAGS, place_of
from hyperpy.record_classes import record


@record(frozen=True, slots=True)
class Candidate:
    """An async function that could be a loader or stream, and the branches around it, outermost first."""

    function: ast.AsyncFunctionDef
    path: Path
    is_stream: bool
    is_inside: bool
    """Whether it stands in a block that isn't an `if`."""

    @property
    def kind(self) -> str:
        return "stream" if self.is_stream else "loader"


@record(frozen=True, slots=True)
class Chosen:
    """The loader and the stream of a method, and whether a request of it can reach a template."""

    loader: Candidate | None
    stream: Candidate | None
    has_page: bool


def choose_functions(
    parsed: ParsedFile, vocabulary: Vocabulary, named: frozenset[str], perhaps: frozenset[str] = frozenset()
) -> tuple[Chosen, Mapping[str, Chosen]]:
    """The functions at the top level, and those of the methods for which functions under a flag replace them.

    `named` are the functions that code looks up as strings, and `perhaps` those that it may look up. Raises RouteError
    for a function that would never run: a second one, one that wants arguments, or one in another block.
    """
    finder = _Finder(parsed, vocabulary, named | perhaps)
    found = list(finder.unnamed())
    plain = [candidate for candidate in found if not candidate.path]
    loader, stream = finder.only(plain, is_stream=False), finder.only(plain, is_stream=True)
    loader = loader or finder.loaded_again(found) or finder.unreached(found, is_stream=False)
    pages = any(map(is_template, parsed.index.of(ast.Expr)))
    usual = Chosen(loader, stream or finder.unreached(found, is_stream=True), pages)
    finder.check(found, usual, perhaps - named)
    chosen = {}
    flagged = [candidate for candidate in found if candidate.path]
    for method in sorted(FLAGS) if flagged or (stream and pages) else ():
        own = [candidate for candidate in flagged if is_reached(candidate.path, method, vocabulary)]
        loader, stream = finder.only(own, is_stream=False), finder.only(own, is_stream=True)
        has_page = pages and reaches_template(parsed.tree.body, method, vocabulary)
        functions = Chosen(loader or usual.loader, stream or usual.stream, has_page)
        if functions != usual:
            chosen[method] = functions
    return usual, chosen


class _Finder:
    def __init__(self, parsed: ParsedFile, vocabulary: Vocabulary, named: frozenset[str]) -> None:
        self.parsed = parsed
        self.vocabulary = vocabulary
        self.named = named
        self.exported = frozenset(_exported(parsed.tree))
        self.index = parsed.index
        self.candidates = [*self.candidates_in(parsed.tree.body, (), is_inside=False)]
        self.uses = FunctionUses(parsed, vocabulary, [candidate.function for candidate in self.candidates])

    def candidates_in(self, statements: Sequence[ast.stmt], path: Path, *, is_inside: bool) -> Iterator[Candidate]:
        """The async functions of a block and of the blocks in it."""
        for statement in statements:
            match statement:
                case ast.AsyncFunctionDef():
                    yield Candidate(statement, path, statement in self.index.generators, is_inside)
                case ast.If(body=body, orelse=orelse):
                    yield from self.candidates_in(body, (*path, (statement, True)), is_inside=is_inside)
                    yield from self.candidates_in(orelse, (*path, (statement, False)), is_inside=is_inside)
                case ast.FunctionDef() | ast.ClassDef():
                    pass
                case _:
                    for block in blocks(statement):
                        yield from self.candidates_in(block, path, is_inside=True)

    def unnamed(self) -> Iterator[Candidate]:
        """The candidates that no other code names. Raises RouteError for those that would never run."""
        for candidate in self.candidates:
            function = candidate.function
            if not self.could_run(function):
                continue
            if arguments := _required(function):
                if not (candidate.is_inside or function.name[:1].isupper()):  # a component, for other files
                    raise self.wants(candidate, arguments)
            elif candidate.is_inside or (candidate.path and not self.is_flagged(candidate)):
                raise self.misplaced(candidate)
            else:
                yield candidate

    def is_flagged(self, candidate: Candidate) -> bool:
        return any(True for branch, _ in candidate.path for _ in flags_in(branch.test, self.index, self.vocabulary))

    def could_run(self, function: ast.AsyncFunctionDef) -> bool:
        """Whether only hyperpy could call a function. A decorator may pass one with arguments on to others."""
        if function.name.startswith("_") or function.name in self.named or self.users(function):
            return False
        return not ((function.decorator_list or function.name in self.exported) and _required(function))

    def users(self, function: ast.AsyncFunctionDef) -> set[ast.stmt]:
        """The other async functions, or statements, that may run a function."""
        return self.uses.users(function.name) - {function}

    def unreached(self, found: Sequence[Candidate], *, is_stream: bool) -> Candidate | None:
        """The first function of a kind that only code names which nothing in the file runs."""
        named = [c for c in self.candidates if c not in found and c.is_stream is is_stream and not c.path]
        free = [c for c in named if not (c.is_inside or c.function.name.startswith("_") or _required(c.function))]
        if any(c.is_stream is is_stream and not c.path for c in found) or not free:
            return None
        live = self.uses.live([candidate.function for candidate in found])
        unreached = (c for c in free if c.function.name not in self.named and self.users(c.function).isdisjoint(live))
        return next(unreached, None)

    def loaded_again(self, found: Sequence[Candidate]) -> Candidate | None:
        """The first loader that only streams name, to load again; it declares a `global`."""
        streams = {candidate.function for candidate in found if candidate.is_stream}
        for candidate in self.candidates:
            function = candidate.function
            if candidate.is_stream or candidate.path or candidate.is_inside or function.name.startswith("_"):
                continue
            declares = bool(self.index.owned(function, ast.Global))
            users = self.users(function)
            if declares and not _required(function) and users and users <= streams:
                return candidate
        return None

    def only(self, candidates: Sequence[Candidate], *, is_stream: bool) -> Candidate | None:
        """The first candidate of a kind. Raises RouteError for a second one."""
        found = [candidate for candidate in candidates if candidate.is_stream is is_stream]
        for second in found[1:]:
            if not (second.function.decorator_list or second.function.name in self.exported):
                raise self.second(found[0], second)
        return found[0] if found else None

    # -- errors -------------------------------------------------------------------------------------------------------

    def check(self, found: Sequence[Candidate], usual: Chosen, perhaps: frozenset[str]) -> None:
        """Raises RouteError for a loader or stream whose name is bound again, or that a lookup by name may run."""
        for candidate in (usual.loader, usual.stream, *found):
            if candidate and (rebinding := self.uses.rebinding(candidate.function)):
                raise self.bound_again(candidate, rebinding)
        for candidate in self.candidates if perhaps else ():
            function, chosen = candidate.function, usual.stream if candidate.is_stream else usual.loader
            is_apart = bool(chosen or candidate.path or candidate.is_inside or function.name.startswith("_"))
            if function.name in perhaps and not (is_apart or _required(function) or self.users(function)):
                raise self.uncertain(candidate)

    def bound_again(self, candidate: Candidate, rebinding: ast.stmt) -> RouteError:
        name = candidate.function.name
        what = f"`{name}` is bound again here, so {name}() at line {candidate.function.lineno} may not run"
        hint = f"To wrap it, use a decorator: write `@…` above `async def {name}():`. Otherwise rename one of the two."
        return RouteError(what, place=place_of(rebinding, self.parsed.file), hint=hint)

    def uncertain(self, candidate: Candidate) -> RouteError:
        name = candidate.function.name
        what = f"{name}() may be the {candidate.kind}, or a function that the file looks up by its name"
        hint = f"If it is looked up, start its name with `_`: `_{name}`. If not, give it a name that no string in the "
        hint += "file contains."
        return RouteError(what, place=place_of(candidate.function, self.parsed.file), hint=hint)

    def second(self, first: Candidate, second: Candidate) -> RouteError:
        kind, name = second.kind, second.function.name
        where = f"line {first.function.lineno}"
        what = f"{name}() would never run: the {kind} of this file is {first.function.name}(), {where}"
        if second.is_stream:
            hint = "A URL has one stream. Join the two, or give the other one a file of its own."
        elif name.upper() in FLAGS:
            hint = f"Write it under its method:\n\n    if {name.upper()}:\n        async def {name}():"
        else:
            await_both = f"    async def {first.function.name}():\n        await _{name}()"
            hint = f"Call it from there. A helper's name starts with `_`:\n\n{await_both}"
        return RouteError(what, place=place_of(second.function, self.parsed.file), hint=hint)

    def wants(self, candidate: Candidate, arguments: Sequence[str]) -> RouteError:
        function, kind = candidate.function, candidate.kind
        names = ", ".join(f"`{name}`" for name in arguments)
        what = f"{function.name}() would never run: a {kind} is called without arguments, and nothing gives it {names}"
        declared = "\n".join(f"    {_declaration(function, name)}" for name in arguments)
        hint = f"Declare its inputs at the top of the file, and take no arguments:\n\n{declared}\n\n"
        hint += f"    async def {function.name}():\n\n"
        hint += f"If it is a helper for other files, move it to a private file or call it `_{function.name}`."
        return RouteError(what, place=place_of(function, self.parsed.file), hint=hint)

    def misplaced(self, candidate: Candidate) -> RouteError:
        name = candidate.function.name
        what = f"{name}() would never run: a {candidate.kind} stands at the top level, or under a method such as `POST`"
        hint = f"Move it there, or call it where it is needed. A helper's name starts with `_`: `_{name}`."
        return RouteError(what, place=place_of(candidate.function, self.parsed.file), hint=hint)


def _required(function: ast.AsyncFunctionDef) -> list[str]:
    """The arguments without defaults."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = positional[: len(positional) - len(arguments.defaults)]
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return [argument.arg for argument in [*required, *(name for name, default in pairs if default is None)]]


def _declaration(function: ast.AsyncFunctionDef, name: str) -> str:
    arguments = function.args
    found = (a for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs] if a.arg == name)
    written = next((ast.unparse(argument.annotation) for argument in found if argument.annotation), "")
    return f"{name}: {written or ('Request' if name == 'request' else 'str')}"


def _exported(tree: ast.Module) -> Iterator[str]:
    """The names in `__all__`."""
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                yield from (str(node.value) for node in ast.walk(value) if isinstance(node, ast.Constant))
