"""Changes of a file's variables that are lost with their request: `todos.append(title)` before a redirect."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from hyperpy.pages.analysis.file_index import FileIndex, blocks
from hyperpy.pages.analysis.methods.method_conditions import flags_in
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import FLAGS, LoadWarning, place_of
from hyperpy.record_classes import record

_ADDING: Final = frozenset({"add", "append", "appendleft", "insert"})
_CHANGING: Final = _ADDING | {"clear", "discard", "extend", "pop", "popleft", "remove", "setdefault", "update"}
_CONTAINERS: Final = frozenset({"defaultdict", "deque", "dict", "list", "set", "Counter", "OrderedDict"})
_READING: Final = frozenset({"all", "any", "bool", "len", "max", "min", "print", "sorted", "sum"})
_COMPREHENSIONS: Final = (ast.comprehension, ast.ListComp, ast.GeneratorExp)
_USING: Final = (ast.Attribute, ast.AugAssign, ast.Compare, ast.For, ast.If, ast.Subscript, ast.UnaryOp)
_READS: Final = (*_USING, *_COMPREHENSIONS)
_BODIES: Final = frozenset({"form", "json"})


def lost_changes(
    parsed: ParsedFile,
    statements: Iterable[ast.stmt],
    loaders: Sequence[ast.AsyncFunctionDef],
    inputs: frozenset[str],
    variables: frozenset[str],
    named: frozenset[str],
    vocabulary: Vocabulary,
) -> Iterator[LoadWarning]:
    """Warnings about changes that no later request can see, where the same request doesn't need them.

    `statements` are those of a request, `inputs` what it declares, and `variables` all of its names. `named` are those
    that code looks up as strings.
    """
    for statement in statements:
        annotation: ast.expr | None = None
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr() as value):
                pass
            case _:
                continue
        if name not in named and _is_new(value, parsed.index, variables - {name}):
            variable = _Variable(name, value, annotation, statement, parsed, vocabulary, loaders, inputs)
            yield from variable.warnings()


def _is_new(value: ast.expr, index: FileIndex, variables: frozenset[str]) -> bool:
    """Whether a value is a number or a container that is the same in each request."""
    match value:
        case ast.Constant(value=int() | float() as number):
            return not isinstance(number, bool)
        case ast.List() | ast.Dict() | ast.Set():
            pass
        case ast.Call(func=ast.Name(id=made)) if made in _CONTAINERS:
            pass
        case _:
            return False
    return variables.isdisjoint(name.id for name in index.of(ast.Name, inside=value))


@record(frozen=True)
class _Variable:
    """A variable that a statement of each request makes again."""

    name: str
    value: ast.expr
    annotation: ast.expr | None
    made: ast.stmt
    parsed: ParsedFile
    vocabulary: Vocabulary
    loaders: Sequence[ast.AsyncFunctionDef]
    inputs: frozenset[str]

    @property
    def index(self) -> FileIndex:
        return self.parsed.index

    def warnings(self) -> Iterator[LoadWarning]:
        uses = [n for n in self.index.of(ast.Name) if n.id == self.name and n not in self.vocabulary.local]
        changes = {use: change for use in uses if (change := self.change(use)) is not None}
        stores = [use for use in uses if isinstance(use.ctx, ast.Store | ast.Del) and use not in changes]
        reads = [use for use in uses if isinstance(use.ctx, ast.Load) and use not in changes]
        if not changes or len(stores) != 1 or not all(map(self.is_open, [*changes, *reads])):
            return
        for change in dict.fromkeys(changes.values()):
            if self.leads_away(change, uses) or (len(changes) == 1 and self.is_alone(change, reads)):
                yield self.warning(change)

    def change(self, use: ast.Name) -> ast.stmt | None:
        """The statement by which a use changes the value."""
        match parent := self.index.parent(use):
            case ast.AugAssign(target=target) if target is use:
                return parent
            case ast.Attribute(attr=attribute) if attribute in _CHANGING:
                call = self.index.parent(parent)
                around = self.index.parent(call) if isinstance(call, ast.Call) else None
                return around if isinstance(around, ast.Expr) else None
            case ast.Subscript(ctx=ast.Store() | ast.Del()):
                around = self.index.parent(parent)
                return around if isinstance(around, ast.Assign | ast.AugAssign | ast.Delete) else None
        return None

    def is_open(self, use: ast.Name) -> bool:
        """Whether it can be seen when a use runs. Functions may be called anywhere, and other names keep a list."""
        if self.is_shown(use):
            return True
        owner = self.index.function_of(use)
        if owner is not None and owner not in self.loaders and owner not in self.index.generators:
            return False
        parent = self.index.parent(use)
        if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name):
            return parent.func.id in _READING
        return isinstance(parent, _READS)

    def is_shown(self, use: ast.AST | None) -> bool:
        while use is not None and not isinstance(use, ast.stmt):
            if isinstance(use, ast.Interpolation):
                return True
            use = self.index.parent(use)
        return False

    def leads_away(self, change: ast.stmt, uses: Sequence[ast.Name]) -> bool:
        """Whether a redirect always follows a change, and nothing uses the value before that."""
        inner: ast.AST = change
        while True:
            outer = self.index.parent(inner)
            body = self.parsed.tree.body if outer is None else next((b for b in blocks_in(outer) if inner in b), None)
            if body is None:
                return False
            for following in body[body.index(inner) + 1 :]:  # type: ignore[arg-type]  # it is a statement of the block
                if any(self.index.contains(following, use) for use in uses):
                    return False
                if self.redirects(following):
                    return True
            if not isinstance(outer, ast.If | ast.With | ast.For):
                return False
            again = [use for use in uses if self.index.contains(outer, use) and not self.index.contains(change, use)]
            if again and not isinstance(outer, ast.If):
                return False
            inner = outer

    def redirects(self, statement: ast.stmt) -> bool:
        match statement:
            case ast.Expr(value=ast.Call() as call) | ast.Return(value=ast.Call() as call):
                return self.vocabulary.public_name(call.func) in {"redirect", "RedirectResponse"}
            case ast.Raise(exc=ast.Call() as call):
                return self.vocabulary.public_name(call.func) == "redirect"
        return False

    def is_alone(self, change: ast.stmt, reads: Sequence[ast.Name]) -> bool:
        """Whether a change is the only one of a list or counter that the page shows, under a method and no other test.

        A page has no reason to list the one thing that was just submitted, and none to count up to one.
        """
        tests = [*self.tests(change)]
        if None in tests or not any(map(self.is_shown, reads)):
            return False
        flags = [test for test in tests if test and {*flags_in(test, self.index, self.vocabulary)}]
        match change:
            case ast.AugAssign(op=ast.Add() | ast.Sub(), value=ast.Constant(value=1), target=target):
                counted = self.value.values if isinstance(self.value, ast.Dict) else [self.value]
                numbers = [part.value for part in counted if isinstance(part, ast.Constant)]
                is_number = len(numbers) == len(counted) and (not tests or not any(numbers))
                is_whole = isinstance(target, ast.Name) or isinstance(self.value, ast.Dict)
                return is_number and is_whole and all(self.is_flag(test) for test in tests if test)
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr=method), args=[*_, item])) if method in _ADDING:
                is_listed = any(isinstance(self.index.parent(read), _COMPREHENSIONS) for read in reads)
                is_listed = is_listed and all(map(self.is_shown, reads))
                return bool(flags) and all(map(self.is_plain, tests)) and is_listed and self.is_submitted(item, change)
        return False

    def tests(self, change: ast.stmt) -> Iterator[ast.expr | None]:
        """The conditions around a change. None stands for anything that isn't an `if`."""
        inner: ast.AST = change
        while (outer := self.index.parent(inner)) is not None:
            if isinstance(outer, ast.If) and inner in outer.body:
                yield outer.test
            elif outer not in self.loaders:
                yield None
            inner = outer

    def is_flag(self, test: ast.expr) -> bool:
        return self.vocabulary.public_name(test) in FLAGS

    def is_plain(self, test: ast.expr | None) -> bool:
        """Whether a condition says only that something has been submitted."""
        match test:
            case ast.BoolOp(op=ast.And(), values=parts):
                return all(map(self.is_plain, parts))
            case ast.Call(func=ast.Attribute(value=value, attr="strip"), args=[]):
                return self.is_plain(value)
        return isinstance(test, ast.Name | ast.Attribute)

    def is_submitted(self, item: ast.expr, change: ast.stmt) -> bool:
        """Whether an item is something that the request sends, as it is or in a dict or an object."""
        match item:
            case ast.Dict(values=parts):
                return any(self.is_submitted(part, change) for part in parts)
            case ast.Call(func=ast.Name(id=made), args=parts, keywords=keywords) if made[:1].isupper():
                return any(self.is_submitted(part, change) for part in (*parts, *(k.value for k in keywords)))
            case ast.Call(func=ast.Attribute(value=part, attr="strip" | "get")) | ast.Attribute(value=part):
                return self.is_submitted(part, change)
            case ast.Subscript(value=part):
                return self.is_submitted(part, change)
            case ast.Name(id=name):
                return name in self.inputs or name in self.bodies(change)
        return False

    def bodies(self, change: ast.stmt) -> Iterator[str]:
        """The variables with `await request.form()` and the like in the function of a change."""
        for node in self.index.owned(self.index.function_of(change), ast.Assign):
            match node:
                case ast.Assign(
                    targets=[ast.Name(id=name)], value=ast.Await(value=ast.Call(func=ast.Attribute(attr=method)))
                ) if method in _BODIES:
                    yield name

    def warning(self, change: ast.stmt) -> LoadWarning:
        what = f"`{self.name}` is made for each request, so this change is lost at its end"
        value = ast.unparse(self.value)
        if isinstance(self.value, ast.Constant):
            shared = f"`{self.name}: Final = [{value}]`, and use `{self.name}[0]`"
        else:
            kind = f"Final[{ast.unparse(self.annotation)}]" if self.annotation else "Final"
            shared = f"`{self.name}: {kind} = {value}`"
        hint = f"To keep it until the server stops, write {shared}, with `from typing import Final`. "
        hint += "To keep it for good, use a database or a file."
        return LoadWarning(what, place_of(change, self.parsed.file), hint)


def blocks_in(node: ast.AST) -> list[list[ast.stmt]]:
    return blocks(node) if isinstance(node, ast.stmt) else []
