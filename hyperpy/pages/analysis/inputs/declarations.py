"""Finds the inputs of a route file: the annotations whose values come from the request."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import field, replace

from starlette.responses import Response

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import blocks
from hyperpy.pages.analysis.methods.method_conditions import value_of
from hyperpy.pages.analysis.parsed_file import ParsedFile, parsed_file
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import METHODS, Declaration, place_of, unquoted
from hyperpy.record_classes import record


# The empty string stands for all methods without a flag. HEAD is GET.
def without_loaded(parsed: ParsedFile, vocabulary: Vocabulary) -> ParsedFile:
    """Turns `user: User = Loaded()` into a bare annotation that is never an input.

    Raises RouteError for a `Loaded` that is not called, or that is in another place.
    """
    annotated = (node for node in parsed.index.owned(None, ast.AnnAssign) if node.value is not None)
    loaded = {node.value: node for node in annotated if _is_loaded(node, vocabulary, parsed.file)}
    for call in parsed.index.of(ast.Call):
        if call not in loaded and vocabulary.public_name(call.func) == "Loaded":
            hint = "Write it as the value of a name at the top level: `user: User = Loaded()`."
            raise RouteError("`Loaded()` means nothing here", place=place_of(call, parsed.file), hint=hint)
    if not loaded:
        return parsed
    for declaration in loaded.values():
        declaration.value = None
    return _again(parsed, frozenset(loaded.values()))


def with_bare_dependencies(parsed: ParsedFile, vocabulary: Vocabulary) -> ParsedFile:
    """Turns a bare `Depends(require_login)` into an input that no code can name."""
    bare = [node for node in parsed.index.owned(None, ast.Expr) if isinstance(node.value, ast.Call)]
    declared = {node: _declared(node) for node in bare if vocabulary.is_depends(node.value.func)}
    if not declared:
        return parsed
    for block in _module_blocks(parsed.tree.body):
        block[:] = [declared.get(statement, statement) for statement in block]
    return _again(parsed, parsed.loaded)


def _again(parsed: ParsedFile, loaded: frozenset[ast.AnnAssign]) -> ParsedFile:
    """A file whose tree has changed."""
    return replace(parsed_file(parsed.tree, parsed.source, parsed.file, parsed.static_paths), loaded=loaded)


def _declared(statement: ast.Expr) -> ast.stmt:
    target, kind = ast.Name(ast.unparse(statement.value), ast.Store()), ast.Constant(None)
    declaration = ast.copy_location(ast.AnnAssign(target, kind, statement.value, 1), statement)
    return ast.fix_missing_locations(declaration)


def _module_blocks(block: list[ast.stmt]) -> Iterator[list[ast.stmt]]:
    """A block and those inside it, without functions and classes."""
    yield block
    for statement in block:
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for nested in blocks(statement):
                yield from _module_blocks(nested)


def _is_loaded(node: ast.AnnAssign, vocabulary: Vocabulary, file: str) -> bool:
    assert node.value is not None
    if vocabulary.public_name(node.value) == "Loaded" and not vocabulary.is_final(node.annotation):
        hint = f"Call it: `{ast.unparse(node.target)}: {ast.unparse(node.annotation)} = Loaded()`."
        raise RouteError("`Loaded` is not called", place=place_of(node.value, file), hint=hint)
    is_call = isinstance(node.value, ast.Call) and vocabulary.public_name(node.value.func) == "Loaded"
    return is_call and isinstance(node.target, ast.Name)


def find_declarations(
    statements: Sequence[ast.stmt],
    bound: frozenset[str],
    parameters: frozenset[str],
    vocabulary: Vocabulary,
    file: str,
    loaded: frozenset[ast.AnnAssign] = frozenset(),
) -> tuple[Declaration, ...]:
    """The inputs in file order; `bound` are the names that the file sets.

    An annotation is an input if it has a marker, in the annotation or as its value. Without a value, it is one if the
    URL has its name or nothing in the file assigns it, and so is `response: Response`. All others are plain
    declarations, those in `loaded` too.
    """
    finder = _InputFinder(bound, parameters, vocabulary, file, loaded)
    finder.block(statements, 0, METHODS)
    return tuple(finder.found)


@record(slots=True)
class _InputFinder:
    bound: frozenset[str]
    parameters: frozenset[str]
    vocabulary: Vocabulary
    file: str
    loaded: frozenset[ast.AnnAssign]
    groups: int = 0
    found: list[Declaration] = field(default_factory=list)

    def block(self, statements: Sequence[ast.stmt], group: int, methods: frozenset[str] | None) -> None:
        for statement in statements:
            if isinstance(statement, ast.AnnAssign):
                self.declaration(statement, group, methods)
            elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                for nested in blocks(statement):
                    self.groups += 1
                    self.block(nested, self.groups, self.reaching(statement, nested, methods))

    def reaching(
        self, statement: ast.stmt, block: Sequence[ast.stmt], methods: frozenset[str] | None
    ) -> frozenset[str] | None:
        """The `methods` of a block inside a statement that these reach."""
        if methods is None or not isinstance(statement, ast.If):
            return None
        values = {method: value_of(statement.test, method, self.vocabulary) for method in methods}
        if None in values.values():
            return None
        return frozenset(method for method, value in values.items() if value is (block is statement.body))

    def declaration(self, node: ast.AnnAssign, group: int, methods: frozenset[str] | None) -> None:
        annotation = unquoted(node.annotation)
        by_value = node.value is not None and self.vocabulary.marks_value(node)
        marked = by_value or self.vocabulary.is_marked(annotation)
        if not isinstance(node.target, ast.Name):
            if marked:
                hint = "Write `name: T = Query()`."
                raise RouteError("an input must be a plain name", place=place_of(node, self.file), hint=hint)
            return None
        name = node.target.id
        if node in self.loaded:
            return self.check_loaded(node, name)
        is_new = name in self.parameters or name not in self.bound or self.is_response(name, annotation)
        is_new = is_new or self.vocabulary.is_form(annotation)
        is_bare_input = node.value is None and is_new
        if not (marked or is_bare_input):
            return self.check_ignored_parameter(node, name)
        if marked and self.vocabulary.is_final(annotation):
            what, hint = f"the input `{name}` can't be Final", "A `Final` name is set once, when the file is loaded."
            raise RouteError(what, place=place_of(node, self.file), hint=hint)
        if any(found.name == name and found.group in {0, group} for found in self.found):
            hint = "Keep one of the two, or give one another name."
            raise RouteError(f"`{name}` is declared as an input twice", place=place_of(node, self.file), hint=hint)
        default, initial, marker = self.taken_apart(node.value) if by_value else (node.value, None, None)
        if isinstance(default, ast.Constant) and default.value is ...:
            hint = f"Leave the `...` out: without a default, `{name}` is required."
            raise RouteError(f"`...` would be the value of `{name}`", place=place_of(default, self.file), hint=hint)
        self.found.append(Declaration(name, annotation, node, default, group, marked, marker, initial, methods))
        return None

    def taken_apart(self, value: ast.expr | None) -> tuple[ast.expr | None, ast.expr | None, ast.expr | None]:
        """The default in a marker, the initial values of a form, and the marker without both.

        The default is the first argument of hyperpy's own markers, and `default=` of any.
        """
        if not isinstance(value, ast.Call):
            return None, None, value
        positional, default, initial = list(value.args), None, None
        own = self.vocabulary.takes_default(value.func)
        if own and positional and not isinstance(positional[0], ast.Starred):
            default = positional.pop(0)
        keywords = list(value.keywords)
        is_form = self.vocabulary.public_name(value.func) == "Form"
        for keyword in value.keywords:
            if keyword.arg == "initial" and is_form:
                initial = keyword.value
                keywords.remove(keyword)
            if keyword.arg == "default" and default is None:
                default = keyword.value
                keywords.remove(keyword)
        return default, initial, ast.copy_location(ast.Call(value.func, positional, keywords), value)

    def check_loaded(self, node: ast.AnnAssign, name: str) -> None:
        place, annotation = place_of(node, self.file), ast.unparse(node.annotation)
        if name in self.parameters:
            hint = f"Write `{name}: {annotation}`, or choose another name for what the loader sets."
            raise RouteError(
                f"`{name}` is a parameter of the URL, which `Loaded()` would ignore", place=place, hint=hint
            )
        if name not in self.bound:
            hint = f"Set it in the loader:\n\n    async def load():\n        global {name}\n        {name} = …"
            raise RouteError(f"nothing in this file sets `{name}`", place=place, hint=hint)

    def check_ignored_parameter(self, node: ast.AnnAssign, name: str) -> None:
        """Refuses a value that can't come from the URL for a name that the URL has."""
        if name not in self.parameters or node.value is None or any(known.name == name for known in self.found):
            return
        uses_request = any(
            isinstance(part, ast.Attribute) or (isinstance(part, ast.Name) and part.id in self.bound)
            for part in ast.walk(node.value)
        )
        if uses_request:
            return
        hint = f"Write `{name}: {ast.unparse(node.annotation)}`. A path parameter always has a value."
        what = f"`{name}` is a parameter of the URL, which this value would ignore"
        raise RouteError(what, place=place_of(node, self.file), hint=hint)

    def is_response(self, name: str, annotation: ast.expr) -> bool:
        """Whether this declares the `response` of the request, which the file may replace by an answer."""
        kind = self.vocabulary.value(annotation) if name == "response" and name not in self.vocabulary.objects else None
        return isinstance(kind, type) and issubclass(kind, Response)
