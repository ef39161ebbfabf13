"""Compiles t-strings in place: in the syntax tree, each is replaced by a call that renders it."""

import ast
from collections.abc import Collection, Sequence

from hyperpy.pages.analysis.callables import yields_of
from hyperpy.pages.loading.hidden_names import HTML, MARKUP, RENDER, YIELDED
from hyperpy.templates import Literals, compile_inline

type Streams = Collection[tuple[str, int]]
"""The name and line of each function that is a stream."""


class TemplateCalls:
    """Makes the calls that render the t-strings of a file. `functions` are what they call, by hidden names."""

    def __init__(self, literals: Literals) -> None:
        self.literals = literals
        self.functions: dict[str, object] = {}

    def call(self, node: ast.TemplateStr) -> ast.Call:
        """An expression for the t-string's HTML, a str. Raises TemplateError with its place."""
        compiled = compile_inline(node, self.literals)
        if compiled is None:
            return located_call(RENDER, [node], node)
        function, arguments = compiled
        name = f"_.template{len(self.functions)}"  # with an underscore, so that a star import does not copy it
        self.functions[name] = function
        return located_call(name, arguments, node)


class HTMLCalls(ast.NodeTransformer):
    """Replaces t-strings that a stream yields, that are passed to `html` or that components return.

    `certain` are the t-strings that are certainly templates. Pages among them are left to the compiler. Others are left
    alone if they may be needed as a Template before they are rendered.
    """

    def __init__(self, calls: TemplateCalls, certain: Collection[ast.TemplateStr], streams: Streams = ()) -> None:
        self.calls = calls
        self.certain = certain
        self.streams = streams
        self.is_stream = False
        self.is_component = False

    def module(self, statements: Sequence[ast.stmt]) -> None:
        """Changes the statements of a module in place."""
        for statement in statements:
            self.visit(statement)

    def inside[N: ast.stmt](self, node: N, *, is_stream: bool = False, is_component: bool = False) -> N:
        """Visits the statements inside one, with these flags."""
        outer = self.is_stream, self.is_component
        self.is_stream, self.is_component = is_stream, is_component
        self.generic_visit(node)
        self.is_stream, self.is_component = outer
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        # A decorator may use the result before it is rendered, and so may callers of `lower_case` names.
        is_component = node.name[:1].isupper() and not node.decorator_list and not yields_of(node)
        return self.inside(node, is_component=is_component)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        # A function inside the stream yields to it, not to the client.
        return self.inside(node, is_stream=(node.name, node.lineno) in self.streams)

    def visit_With(self, node: ast.With | ast.Try | ast.TryStar) -> ast.stmt:
        """A t-string that is returned from inside these must be rendered after they have been left."""
        return self.inside(node, is_stream=self.is_stream)

    visit_Try = visit_TryStar = visit_With

    def visit_Expr(self, node: ast.Expr) -> ast.Expr:
        if not isinstance(node.value, ast.TemplateStr):
            self.generic_visit(node)
        return node

    def visit_Return(self, node: ast.Return) -> ast.Return:
        if isinstance(node.value, ast.TemplateStr) and node.value in self.certain and self.is_component:
            node.value = self.wrapped(MARKUP, node.value)
        else:
            self.generic_visit(node)
        return node

    def visit_Yield(self, node: ast.Yield) -> ast.Yield:
        self.generic_visit(node)
        if self.is_stream:
            match node.value:
                case ast.TemplateStr():
                    node.value = self.yielded(node.value)
                case ast.Tuple(elts=[name, content]):
                    node.value.elts = [name, self.yielded(content)]
                case ast.Dict(values=values):
                    node.value.values = [self.yielded(value) for value in values]
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        match node:
            case ast.Call(args=[ast.TemplateStr() as template], keywords=[]) if template in self.certain:
                return self.wrapped(HTML, template)
        self.generic_visit(node)
        return node

    def wrapped(self, helper: str, template: ast.TemplateStr) -> ast.Call:
        return located_call(helper, [self.calls.call(template)], template)

    def yielded(self, value: ast.expr) -> ast.expr:
        if not isinstance(value, ast.TemplateStr):
            return value
        render = self.calls.call(value)
        return located_call(YIELDED, [render.func, *render.args], value)


def located_call(name: str, arguments: list[ast.expr], template: ast.TemplateStr) -> ast.Call:
    """A call with the location of the t-string that it replaces."""
    call = ast.Call(ast.Name(name, ast.Load()), arguments, [])
    return ast.fix_missing_locations(ast.copy_location(call, template))
