"""Finds the t-strings of a file that are certainly HTML and nothing else, and has them rendered where they stand."""

import ast
from collections.abc import Sequence

from hyperpy.pages.analysis.callables import yields_of
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.loading.hidden_names import HTML, MARKUP, YIELDED
from hyperpy.templates import Inliner


class Inlines(ast.NodeTransformer):
    """Replaces what a stream yields, what `html` is given, and what components return. Pages are the compiler's."""

    def __init__(self, inliner: Inliner, vocabulary: Vocabulary, stream: str = "") -> None:
        self.inliner = inliner
        self.vocabulary = vocabulary
        self.stream = stream
        self.is_stream = False
        self.is_component = False
        self.is_protected = False

    def module(self, statements: Sequence[ast.stmt]) -> None:
        """Changes the statements of a module in place."""
        for statement in statements:
            self.is_stream = isinstance(statement, ast.AsyncFunctionDef) and statement.name == self.stream
            if self.is_stream:
                self.generic_visit(statement)  # functions inside it yield to it, not to the client
            else:
                self.visit(statement)

    def visit_Expr(self, node: ast.Expr) -> ast.Expr:
        if not isinstance(node.value, ast.TemplateStr):
            self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        outer = self.is_stream, self.is_component, self.is_protected
        self.is_stream, self.is_component, self.is_protected = False, _is_component(node), False
        self.generic_visit(node)
        self.is_stream, self.is_component, self.is_protected = outer
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        outer = self.is_stream, self.is_component
        self.is_stream = self.is_component = False
        self.generic_visit(node)
        self.is_stream, self.is_component = outer
        return node

    def visit_With(self, node: ast.With | ast.Try | ast.TryStar) -> ast.stmt:
        """A component's t-string is rendered after it has returned: not inside these."""
        outer, self.is_protected = self.is_protected, True
        self.generic_visit(node)
        self.is_protected = outer
        return node

    visit_Try = visit_TryStar = visit_With

    def visit_Return(self, node: ast.Return) -> ast.Return:
        if self.is_component and not self.is_protected and isinstance(node.value, ast.TemplateStr):
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
                case ast.Tuple(elts=[name, ast.TemplateStr() as content]):
                    node.value.elts = [name, self.yielded(content)]
                case ast.Dict(values=values):
                    node.value.values = [
                        self.yielded(value) if isinstance(value, ast.TemplateStr) else value for value in values
                    ]
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        if self.vocabulary.public_name(node.func) == "html" and not node.keywords:
            match node.args:
                case [ast.TemplateStr() as template]:
                    return self.wrapped(HTML, template)
        self.generic_visit(node)
        return node

    def wrapped(self, helper: str, template: ast.TemplateStr) -> ast.Call:
        call = ast.Call(ast.Name(helper, ast.Load()), [self.inliner.call(template)], [])
        return ast.fix_missing_locations(ast.copy_location(call, template))

    def yielded(self, template: ast.TemplateStr) -> ast.Call:
        render = self.inliner.call(template)
        call = ast.Call(ast.Name(YIELDED, ast.Load()), [render.func, *render.args], [])
        return ast.fix_missing_locations(ast.copy_location(call, template))


def _is_component(function: ast.FunctionDef) -> bool:
    """Spelled like a component and nothing but a function: no decorator looks at what it returns."""
    return function.name[:1].isupper() and not function.decorator_list and not yields_of(function)
