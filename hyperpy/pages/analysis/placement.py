"""Finds the templates of a route file, and refuses those in places where they can't be the page."""

import ast
from collections.abc import Sequence

from hyperpy.exceptions import Place, RouteError
from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.facts import is_inert, place_of
from hyperpy.templates.at_load.child_nodes import child_nodes, copy_place


def at[S: ast.stmt](where: ast.stmt, statement: S) -> S:
    """Gives a generated statement the location of the one that it replaces. What has a location keeps it."""
    if not _is_placed(statement):
        copy_place(statement, where)
    nodes: list[ast.AST] = [statement]
    while nodes:
        for child in child_nodes(nodes.pop()):
            if isinstance(child, ast.expr | ast.stmt):
                if _is_placed(child):
                    continue
                copy_place(child, where)
            nodes.append(child)
    return statement


def _is_placed(node: ast.expr | ast.stmt) -> bool:
    return "lineno" in node.__dict__


def is_template(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.TemplateStr)


def find_templates(tree: ast.Module, index: FileIndex, file: str) -> tuple[ast.TemplateStr, ...]:
    """The template statements in file order.

    Raises RouteError for one in a place where it can't be the page, or that always replaces an earlier one.
    """
    for owner in index.of(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef):
        _check_body(owner, file)
    finder = _TemplateFinder(file)
    finder.block(tree.body)
    return tuple(finder.found)


def always_has_template(statements: Sequence[ast.stmt], file: str) -> bool:
    """Whether every way through a block of the module reaches a template."""
    return _TemplateFinder(file).block(statements)


def _check_body(owner: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, file: str) -> None:
    for statement in owner.body:
        if is_template(statement):
            what = f"a t-string that stands alone in {owner.name} does nothing"
            hint = 'Write `return t"…"`, or `yield t"…"` in a stream. The page stands outside functions and classes.'
            raise RouteError(what, place=place_of(statement, file), hint=hint)


def is_never(test: ast.expr) -> bool:
    """Whether a condition never holds while a site runs."""
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return True
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING") | ast.Constant(value=False | 0):
            return True
    return False


def does_nothing(statement: ast.stmt) -> bool:
    """Whether a statement of a request has no effect by itself: a definition, a declaration, a bare literal."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.TypeAlias, ast.Import, ast.ImportFrom)
    if isinstance(statement, ast.If) and is_never(statement.test):
        return all(map(does_nothing, statement.orelse))
    is_declaration = isinstance(statement, ast.AnnAssign) and statement.value is None
    return is_declaration or isinstance(statement, kinds) or is_inert(statement)


def check_guard(
    templates: Sequence[ast.TemplateStr], streams: Sequence[ast.AsyncFunctionDef], file: str, *, acts: bool
) -> None:
    """Raises RouteError if a guard has a page or a stream: they would be sent in place of every page of its folder.

    So does a guard that runs nothing: it would let every request pass.
    """
    if templates:
        hint = 'To send another page, redirect to its URL: redirect("/login"). To send none, raise HTTPException(403).'
        raise RouteError("a guard can't have a template", place=place_of(templates[0], file), hint=hint)
    if streams:
        hint = "Move it to a route file. If it is a helper, start its name with `_`."
        raise RouteError("a guard can't have a stream", place=place_of(streams[0], file), hint=hint)
    if not acts:
        what = "this guard lets every request pass: nothing in it runs for a request"
        hint = (
            "A function does not run by itself. Call it at the top level, or write a loader, an `async def` whose name "
            "does not start with `_`:\n\n    async def load():\n        await …"
        )
        raise RouteError(what, place=Place(file, 1), hint=hint)


class _TemplateFinder:
    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[ast.TemplateStr] = []

    def block(self, statements: Sequence[ast.stmt]) -> bool:
        """Collects the templates of one block. Returns whether the block always reaches one."""
        reached: ast.TemplateStr | None = None
        always = False
        for statement in statements:
            before = len(self.found)
            surely = self.statement(statement)
            if surely and reached is not None:
                raise RouteError(
                    f"this template always replaces the one at line {reached.lineno}",
                    place=place_of(self.found[before], self.file),
                    hint="A route has one page. Put the second under `else:`, or join the two into one t-string.",
                )
            if len(self.found) > before:
                reached = self.found[-1]
            always = always or surely
        return always

    def statement(self, statement: ast.stmt) -> bool:
        match statement:
            case ast.Expr(value=ast.TemplateStr() as template):
                self.found.append(template)
                return True
            case ast.If(body=body, orelse=orelse):
                return all([self.block(body), self.block(orelse)])
            case ast.Match(cases=cases):
                reached = [self.block(case.body) for case in cases]
                return all(reached) and _irrefutable(cases[-1])
            case ast.Try() | ast.TryStar():
                self.forbid(statement.body, "the `try:` part: it is rendered later, so its errors would not be caught")
                self.forbid(statement.finalbody, "`finally:`")
                handled = [self.block(handler.body) for handler in statement.handlers]
                return all([self.block(statement.orelse), *handled])
            case ast.With() | ast.AsyncWith():
                self.forbid(statement.body, "`with`: it is rendered after the block has ended")
            case ast.For() | ast.AsyncFor() | ast.While():
                keyword = "while" if isinstance(statement, ast.While) else "for"
                self.forbid(
                    [*statement.body, *statement.orelse], f"`{keyword}`: a request has one page, not one per iteration"
                )
        return False

    def forbid(self, statements: Sequence[ast.stmt], where: str) -> None:
        inner = _TemplateFinder(self.file)
        inner.block(statements)
        if inner.found:
            raise RouteError(
                f"a template can't be inside {where}",
                place=place_of(inner.found[0], self.file),
                hint='Set a variable there, and write the t-string after the block:\n\n    t"<p>{message}</p>"',
            )


def _irrefutable(case: ast.match_case) -> bool:
    return case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
