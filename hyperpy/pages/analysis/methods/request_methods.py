"""Code that compares the request's method with a text: the route would refuse that method before the code runs."""

import ast
from collections.abc import Iterator
from types import FunctionType

from starlette.requests import Request

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.objects.contents import texts_in
from hyperpy.pages.analysis.objects.helper_functions import methods_asked_for
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import FLAGS, Located, place_of


def check_methods(parsed: ParsedFile, methods: frozenset[str], vocabulary: Vocabulary) -> None:
    """Raises RouteError for a comparison of the request's method with one that the route does not answer."""
    index = parsed.index
    for call in index.of(ast.Call):
        is_function = isinstance(vocabulary.value(call.func), FunctionType)
        for method in vocabulary.answer(methods_asked_for, call.func) if is_function else ():
            if method in FLAGS - methods:
                what = f"{ast.unparse(call.func)}(…) asks for {method} requests, but this route refuses them"
                hint = f"A route answers only the methods whose flag its own file names. Write `if {method}:` here."
                raise RouteError(what, place=place_of(call, parsed.file), hint=hint)
    for node in index.of(ast.Compare, ast.Match):
        check_identity(node, vocabulary, parsed.file)
    attributes = {node.attr for node in index.of(ast.Attribute)}
    if attributes.isdisjoint({"method", "scope"}) and not any(map(_is_key, index.of(ast.Constant))):
        return
    finder = _Finder(index, vocabulary)
    for node in index.of(ast.Compare, ast.Match, ast.Subscript, ast.Call):
        for method, place in finder.compared(node):
            if method in FLAGS - methods:
                what = f"this route refuses {method} requests: it answers only the methods whose flag it names"
                hint = f"Compare with the flag:\n\n    from hyperpy import {method}\n\n    if {method}:\n        …"
                raise RouteError(what, place=place_of(place, parsed.file), hint=hint)


def check_identity(node: ast.Compare | ast.Match, vocabulary: Vocabulary, file: str) -> None:
    """Raises RouteError for `POST is True` and `match POST:`, since a flag is not one of Python's two booleans."""
    if isinstance(node, ast.Match):
        sides = [node.subject]
    else:
        sides = [node.left, *node.comparators] if any(isinstance(o, ast.Is | ast.IsNot) for o in node.ops) else []
    for flag in filter(None, (vocabulary.public_name(side) for side in sides)):
        if flag in FLAGS:
            written = f"match {flag}:" if isinstance(node, ast.Match) else ast.unparse(node)
            what = f"`{written}` compares the flag itself, which is the same in every request"
            hint = f"Write `if {flag}:`, or `bool({flag})` where a boolean is needed."
            raise RouteError(what, place=place_of(node, file), hint=hint)


def _is_key(node: ast.Constant) -> bool:
    return node.value == "method"


class _Finder:
    """Knows the names of the request and of its method, and those of constants."""

    def __init__(self, index: FileIndex, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.requests = {"request"} if any(map(self.is_request_name, index.of(ast.Name))) else set[str]()
        self.methods: set[str] = set()
        self.constants: dict[str, ast.expr] = {}
        for node in index.of(ast.AnnAssign, ast.arg):
            self.learn_annotation(node)
        for _ in range(2):  # a name of a name
            for node in index.of(ast.Assign, ast.AnnAssign, ast.NamedExpr):
                self.learn_assignment(node)

    def is_request_name(self, node: ast.Name) -> bool:
        return node.id == "request" and self.vocabulary.public_name(node) == "request"

    def learn_annotation(self, node: ast.AST) -> None:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                pass
            case ast.arg(arg=name, annotation=ast.expr() as annotation):
                pass
            case _:
                return
        kind = self.vocabulary.value(annotation)
        if isinstance(kind, type) and issubclass(kind, Request):
            self.requests.add(name)

    def learn_assignment(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                pass
            case _:
                return
        if self.is_request(value):
            self.requests.add(name)
        elif self.is_method(value):
            self.methods.add(name)
        else:
            self.constants[name] = value

    def is_request(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name) and node.id in self.requests:
            return True
        return self.vocabulary.public_name(node) == "request"

    def is_method(self, node: ast.expr) -> bool:
        """Whether an expression is the request's method, possibly in another case."""
        match node:
            case ast.Attribute(value=owner, attr="method"):
                return self.is_request(owner)
            case ast.Subscript(value=ast.Attribute(value=owner, attr="scope"), slice=ast.Constant(value="method")):
                return self.is_request(owner)
            case ast.Subscript(value=owner, slice=ast.Constant(value="method")):
                return self.is_request(owner)
            case ast.Call(func=ast.Attribute(value=owner, attr="upper" | "lower" | "casefold" | "strip")):
                return self.is_method(owner)
            case ast.Call(func=ast.Name(id="str"), args=[owner]):
                return self.is_method(owner)
            case ast.NamedExpr(value=value):
                return self.is_method(value)
            case ast.Name(id=name):
                return name in self.methods
        return False

    def compared(self, node: ast.AST) -> Iterator[tuple[str, Located]]:
        """The methods that an expression or statement compares the request's method with."""
        match node:
            case ast.Compare(left=left, comparators=others):
                sides = [left, *others]
                if any(map(self.is_method, sides)):
                    yield from ((method, node) for side in sides for method in self.texts(side))
            case ast.Match(subject=subject, cases=cases) if self.is_method(subject):
                for case in cases:
                    for part in ast.walk(case.pattern):
                        if isinstance(part, ast.MatchValue):
                            yield from ((method, part) for method in self.texts(part.value))
            case ast.Subscript(value=table, slice=key) if self.is_method(key):
                yield from ((method, node) for method in self.keys(table))
            case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[key, *_]) if self.is_method(key):
                yield from ((method, node) for method in self.keys(table))

    def texts(self, node: ast.expr) -> Iterator[str]:
        """The methods that a constant names, or a display of constants, or a name of these."""
        match node:
            case ast.Constant(value=str(text)):
                yield text.upper()
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
                for item in items:
                    yield from self.texts(item)
            case ast.Call(args=[items]):
                yield from self.texts(items)
            case ast.Name(id=name) if name in self.constants:
                constant = self.constants[name]
                del self.constants[name]  # it may name itself
                yield from self.texts(constant)
                self.constants[name] = constant
            case ast.Attribute(attr="value", value=member):
                yield from self.texts(member)
            case ast.Name() | ast.Attribute():
                yield from self.vocabulary.answer(texts_in, node)

    def keys(self, node: ast.expr) -> Iterator[str]:
        if isinstance(node, ast.Name):
            node = self.constants.get(node.id, node)
        if isinstance(node, ast.Dict):
            for key in node.keys:
                yield from self.texts(key) if key else ()
