"""Compiles t-strings in place: in the syntax tree, each is replaced by a call that renders it."""

import ast
from collections.abc import Collection

from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.loading.hidden_names import HTML, MARKUP, RENDER, YIELDED
from hyperpy.templates import InlineCode
from hyperpy.templates.at_load.child_nodes import copy_place
from hyperpy.templates.at_load.inline_functions import compile_inline
from hyperpy.templates.at_load.literals import Literals

type Streams = Collection[tuple[str, int]]
"""The name and line of each function that is a stream."""


class TemplateCalls:
    """Makes the calls that render the t-strings of a file. `functions` has the code of these, by hidden names."""

    def __init__(self, literals: Literals) -> None:
        self.literals = literals
        self.functions: dict[str, InlineCode] = {}

    def call(self, node: ast.TemplateStr) -> ast.Call:
        """An expression for the t-string's HTML, a str. Raises TemplateError with its place."""
        compiled = compile_inline(node, self.literals)
        if compiled is None:
            return located_call(RENDER, [node], node)
        code, arguments = compiled
        name = f"_.template{len(self.functions)}"  # with an underscore, so that a star import does not copy it
        self.functions[name] = code
        return located_call(name, arguments, node)


class HTMLCalls:
    """Replaces t-strings that a stream yields, that are passed to `html` or that components return.

    `certain` are the t-strings that are certainly templates. Pages among them are left to the compiler. Others are left
    alone if they may be needed as a Template before they are rendered.
    """

    def __init__(
        self, index: FileIndex, calls: TemplateCalls, certain: Collection[ast.TemplateStr], streams: Streams
    ) -> None:
        self.index = index
        self.calls = calls
        self.certain = certain
        self.streams = streams
        self.replaced: list[ast.TemplateStr] = []

    def replace(self) -> None:
        """Changes the statements of the file in place."""
        for node in self.index.of(ast.Expr, ast.Return, ast.Yield, ast.Call):
            if any(self.index.contains(template, node) for template in self.replaced):
                continue  # it is compiled with the t-string around it
            match node:
                case ast.Expr(value=ast.TemplateStr() as page):
                    self.replaced.append(page)
                case ast.Return(value=ast.TemplateStr() as template) if template in self.certain:
                    if self.is_of_component(node):
                        node.value = self.call(MARKUP, template)
                case ast.Yield():
                    if self.is_of_stream(node):
                        self.yielded(node)
                case ast.Call(args=[ast.TemplateStr() as template], keywords=[]) if template in self.certain:
                    node.func, node.args = self.function(HTML, node), [self.render(template)]

    def is_of_component(self, node: ast.Return) -> bool:
        """Whether it is the result of a component, to be rendered at once.

        A decorator may use the result before it is rendered, and so may callers of `lower_case` names. A t-string that
        is returned from inside a `with` or `try` must be rendered after these have been left.
        """
        function = self.index.owner(node)
        if not isinstance(function, ast.FunctionDef) or function in self.index.generators:
            return False
        if function.decorator_list or not function.name[:1].isupper():
            return False
        blocks = self.index.owned(function, ast.With, ast.Try, ast.TryStar)
        return not any(self.index.contains(block, node) for block in blocks)

    def is_of_stream(self, node: ast.Yield) -> bool:
        """A function inside the stream yields to it, not to the client."""
        function = self.index.owner(node)
        return isinstance(function, ast.AsyncFunctionDef) and (function.name, function.lineno) in self.streams

    def yielded(self, node: ast.Yield) -> None:
        match node.value:
            case ast.TemplateStr():
                node.value = self.content(node.value)
            case ast.Tuple(elts=[name, content]):
                node.value.elts = [name, self.content(content)]
            case ast.Dict(values=values):
                node.value.values = [self.content(value) for value in values]

    def content(self, value: ast.expr) -> ast.expr:
        if not isinstance(value, ast.TemplateStr):
            return value
        render = self.render(value)
        return located_call(YIELDED, [render.func, *render.args], value)

    def call(self, helper: str, template: ast.TemplateStr) -> ast.Call:
        return located_call(helper, [self.render(template)], template)

    def render(self, template: ast.TemplateStr) -> ast.Call:
        self.replaced.append(template)
        return self.calls.call(template)

    def function(self, helper: str, call: ast.Call) -> ast.Name:
        return copy_place(ast.Name(helper, ast.Load()), call.func)


def located_call(name: str, arguments: list[ast.expr], template: ast.TemplateStr) -> ast.Call:
    """A call with the location of the t-string that it replaces. The arguments have theirs."""
    function = copy_place(ast.Name(name, ast.Load()), template)
    return copy_place(ast.Call(function, arguments, []), template)
