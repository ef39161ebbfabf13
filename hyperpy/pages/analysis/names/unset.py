"""Names that are read before anything can have set them: an error at load, not in every request.

A name is reported only if no path through the file sets it before the read. The set of names that may be set grows
along the statements: branches are joined by union, a loop begins with everything that its body sets, and a handler
with everything that its `try:` part sets. Only `del` takes a name out.
"""

import ast
from collections.abc import Collection, Iterator, Sequence

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import FileIndex, When
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import is_template
from hyperpy.pages.facts import place_of

type _Names = frozenset[str]


def check_order(
    parsed: ParsedFile,
    known: Collection[str],
    before: Sequence[ast.stmt],
    after: Sequence[ast.stmt],
    loader: ast.stmt | None,
    streams: Collection[ast.stmt],
) -> None:
    """Raises RouteError for a statement that reads a name before it is set.

    `known` are names that are not checked, such as inputs and builtins. `before` and `after` are the statements of the
    file before and after the loader is awaited. What other functions set isn't checked: they may be called at any time,
    unless nothing in the file names them.
    """
    unused = _never_called(parsed, known, {loader, *streams})
    called = (names.rebinds for statement, names in parsed.names.items() if statement not in {loader, *unused})
    checked = parsed.bound.difference(known, parsed.expected_to_fail, _computed(parsed.index), *called)
    if not checked:
        return
    late = parsed.names[loader].rebinds if loader else frozenset()
    reads = {
        use.node
        for names in parsed.names.values()
        for use in names.uses
        if use.when is When.AT_ONCE and use.node.id in checked
    }
    flow = _Flow(parsed.index, reads)
    try:
        end = flow.block(after, flow.block(before, frozenset()) | late)
    except _Unset as error:
        raise _explained(error.node, parsed, loader if error.node.id in late else None) from None
    for statement, names in parsed.names.items():
        uses = {use.node for use in names.uses if use.node.id in checked - end and use.when is not When.PERHAPS_NEVER}
        templates = list(filter(is_template, parsed.index.level(statement, ast.Expr))) if uses else []
        for node in (node for node in uses if any(_is_unset(node, template, parsed.index) for template in templates)):
            if any(each.target.id == node.id for each in parsed.index.of(ast.NamedExpr, inside=statement)):
                raise _set_later(node, parsed.file)
            raise _missing(node, parsed, [s for s in unused if node.id in parsed.names[s].rebinds])


def _is_unset(node: ast.Name, template: ast.Expr, index: FileIndex) -> bool:
    """Whether a template reads a name, and doesn't set it itself further in front: `{(n := len(items))} of {n}`."""
    if not index.contains(template, node):
        return False
    own = index.of(ast.NamedExpr, inside=template)
    return all(each.target.id != node.id or index.positions[each] > index.positions[node] for each in own)


def _never_called(
    parsed: ParsedFile, known: Collection[str], run: Collection[ast.stmt | None]
) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions that nothing in the file names, without those in `run`, which hyperpy calls."""
    functions = [
        statement
        for statement in parsed.tree.body
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
        if not (statement in run or statement.decorator_list or statement.name in known)
    ]
    readers = {name: [s for s, n in parsed.names.items() if name in n.reads] for name in (f.name for f in functions)}
    return [function for function in functions if not set(readers[function.name]) - {function}]


def _missing(node: ast.Name, parsed: ParsedFile, setters: Sequence[ast.stmt]) -> RouteError:
    """The error for a name of the template that has been deleted, or that only uncalled functions set."""
    what = f"the template uses `{node.id}`, which is not set when it is rendered"
    hint = "The template is rendered last, after `del`."
    for function in setters:
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            what = f"the template uses `{node.id}`, which only {function.name}() sets, and nothing calls it"
            hint = f"Call it: `{function.name}()`. A loader, which is awaited by itself, is an `async def`."
    return RouteError(what, place=place_of(node, parsed.file), hint=hint)


def _set_later(node: ast.Name, file: str) -> RouteError:
    what = f"the template uses `{node.id}` in front of the `:=` that sets it"
    return RouteError(what, place=place_of(node, file), hint="Set it above the template.")


class _Unset(Exception):
    def __init__(self, node: ast.Name) -> None:
        super().__init__(node.id)
        self.node = node


class _Flow:
    """Follows the statements in the order in which they run. `reads` are the names to check where they are read."""

    def __init__(self, index: FileIndex, reads: set[ast.Name]) -> None:
        self.index = index
        self.bound = index.bound_in
        self.reads = reads

    def block(self, statements: Sequence[ast.stmt], known: _Names) -> _Names:
        """The names that may be set after some statements, given those that may be set before."""
        for statement in statements:
            known = self.statement(statement, known)
        return known

    def statement(self, statement: ast.stmt, known: _Names) -> _Names:
        match statement:
            case ast.Expr() if is_template(statement):
                return known  # evaluated after everything else
            case ast.If(test=test, body=body, orelse=orelse):
                known = self.simple(test, known)
                return self.block(body, known) | self.block(orelse, known)
            case ast.For(target=target, iter=iterable, body=body, orelse=orelse):
                known = self.simple(target, self.simple(iterable, known))
                return self.block(orelse, known | self.block(body, known | self.bound(body)))
            case ast.While(test=test, body=body, orelse=orelse):
                known = self.simple(test, known | self.bound(body))
                return self.block(orelse, known | self.block(body, known))
            case ast.With(items=items, body=body):
                for item in items:
                    known = self.simple(item, known)
                return known | self.block(body, known)
            case ast.Try() | ast.TryStar():
                return self.guarded(statement, known)
            case ast.Match(subject=subject, cases=cases):
                known = self.simple(subject, known)
                ends = []
                for case in cases:
                    known = self.simple(case.pattern, known)
                    known = self.simple(case.guard, known) if case.guard else known
                    ends.append(self.block(case.body, known))
                return known.union(*ends)
            case ast.Delete(targets=targets):
                self.simple(statement, known | self.bound(targets))
                return known - self.bound(targets)
        return self.simple(statement, known)

    def guarded(self, statement: ast.Try | ast.TryStar, known: _Names) -> _Names:
        done = self.block(statement.body, known)
        raised = known | self.bound(statement.body)
        ends = [self.block(statement.orelse, done)]
        for handler in statement.handlers:
            caught = self.simple(handler.type, raised) if handler.type else raised
            ends.append(self.block(handler.body, caught | {handler.name or ""}))
        result = frozenset().union(*ends)
        self.block(statement.finalbody, raised | result | self.bound(statement.handlers) | self.bound(statement.orelse))
        return result | self.bound(statement.finalbody)

    def simple(self, node: ast.AST, known: _Names) -> _Names:
        """Checks what runs without a branch. In `x = x + 1` and `x += 1`, the value is read before the name is set."""
        if node not in self.index.positions:
            return known  # the condition of an `if` that has been split at the loader
        unset = [n for n in self.index.of(ast.Name, inside=node) if n in self.reads and n.id not in known]
        if unset:
            walrus = {inner.target.id for inner in self.index.of(ast.NamedExpr, inside=node)}
            for name in unset:
                if name.id not in walrus:
                    raise _Unset(name)
        return known | self.bound([node])


def _explained(node: ast.Name, parsed: ParsedFile, loader: ast.stmt | None) -> RouteError:
    name, place = node.id, place_of(node, parsed.file)
    if isinstance(loader, ast.AsyncFunctionDef):
        what = f"`{name}` is read before {loader.name}() sets it"
        hint = f"{loader.name}() is awaited where it stands, line {loader.lineno}. Move this below it."
        return RouteError(what, place=place, hint=hint)
    what = f"`{name}` is read here, before anything sets it"
    if declared := next(_annotations(parsed.index, name), None):
        written = ast.unparse(declared.annotation)
        hint = (
            f"`{name}: {written}` at line {declared.lineno} is not an input, because the file assigns `{name}`.\n"
            f"To take it from the request, give the result another name, or write `{name}: Annotated[{written}, "
            "Query()]`."
        )
    else:
        lines = (s.lineno for s, names in parsed.names.items() if name in names.binds and s.lineno > node.lineno)
        line = next(lines, None)
        hint = f"Set it above this line.{f' It is set at line {line}.' if line else ''}"
    return RouteError(what, place=place, hint=hint)


def _computed(index: FileIndex) -> Iterator[str]:
    """Names with a call in their annotation. It may make an input marker, which is checked later."""
    for node in index.of(ast.AnnAssign):
        if isinstance(node.target, ast.Name) and index.of(ast.Call, inside=node.annotation):
            yield node.target.id


def _annotations(index: FileIndex, name: str) -> Iterator[ast.AnnAssign]:
    for node in index.of(ast.AnnAssign):
        match node:
            case ast.AnnAssign(target=ast.Name(id=target), value=None) if target == name:
                yield node
