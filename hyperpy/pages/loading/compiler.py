"""Description → code objects. They keep the user's line numbers, and call helpers by hidden names."""

import ast
import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType

from hyperpy.exceptions import Place
from hyperpy.pages.analysis.analyse import Description
from hyperpy.pages.analysis.declarations import Declaration
from hyperpy.pages.analysis.explicit_answers import binds_response
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import is_template
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.loading.hidden_names import CALLED, PAGE, RENDERED, RESPOND, RUN, hidden
from hyperpy.pages.loading.html_calls import HTMLCalls, Streams, TemplateCalls
from hyperpy.templates import Literals, SourceText, certain_templates, extract_fragments

type Rewrite = Callable[[ast.Module], ast.Module]

type Definitions = tuple[CodeType, Mapping[str, object]]
"""The code that runs once, and the names to put into its namespace before."""


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A page, as an expression to evaluate in a request's namespace, and the fragments that could be extracted."""

    code: CodeType
    place: Place
    fragments: Mapping[str, CodeType]


@dataclass(frozen=True, slots=True)
class CompiledBody:
    """The statements of a request before and after the loader."""

    before: CodeType | None
    after: CodeType | None


@dataclass(frozen=True, slots=True)
class CompiledRoute:
    once: CodeType
    body: CompiledBody
    by_method: Mapping[str, CompiledBody]
    """The bodies of methods that have a loader or stream of their own."""
    templates: tuple[CompiledTemplate, ...]
    functions: Mapping[str, object]
    """The functions that render t-strings, to put into the namespace."""
    page: int | None
    """The index of the only template, if every request reaches it: then the body does not set it."""


def compile_route(description: Description, rewrite: Rewrite) -> CompiledRoute:
    """Compiles a route file. `rewrite` is applied to each module first (it redirects imports of the routes package).

    Raises TemplateError with its place for a t-string that is certainly a template and is invalid.
    """
    d = description
    calls = TemplateCalls(Literals(SourceText(d.file, d.source), d.markers))
    streams = {(s.name, s.line) for s in (d.stream, *(own.stream for own in d.by_method.values())) if s}
    _inline([*d.once, *d.before, *d.after], calls, d.vocabulary, streams)
    body = _BodyRewriter(d)

    def module(statements: Sequence[ast.stmt]) -> CodeType:
        return compile_tree(ast.fix_missing_locations(rewrite(ast.Module(list(statements), []))), d)

    def parts(description: Description) -> CompiledBody:
        body = _BodyRewriter(description)
        before, after = body.block(description.before), body.block(description.after)
        return CompiledBody(module(before) if before else None, module(after) if after else None)

    return CompiledRoute(
        once=module(d.once),
        body=parts(d),
        by_method={method: parts(own) for method, own in d.by_method.items()},
        templates=tuple(_compiled_template(node, calls, d) for node in d.templates),
        functions=calls.functions,
        page=body.only_page,
    )


def _compiled_template(node: ast.TemplateStr, calls: TemplateCalls, description: Description) -> CompiledTemplate:
    def expression(template: ast.TemplateStr) -> CodeType:
        return compile_tree(ast.Expression(calls.call(template)), description)

    found = extract_fragments(node, calls.literals)
    fragments = {name: expression(fragment) for name, fragment in found.items()}
    return CompiledTemplate(expression(node), Place(description.file, node.lineno), fragments)


def compile_private(tree: ast.Module, parsed: ParsedFile, vocabulary: Vocabulary, rewrite: Rewrite) -> Definitions:
    """The part of a private file that may have t-strings. Raises SyntaxError as Python does, and TemplateError."""
    literals = Literals(SourceText(parsed.file, parsed.source), vocabulary.spellings(tree, "fragment"))
    calls = TemplateCalls(literals)
    _inline(tree.body, calls, vocabulary)
    return compile_tree(rewrite(tree), parsed), calls.functions


def compile_tree(tree: ast.Module | ast.Expression, file: ParsedFile | Description) -> CodeType:
    mode = "exec" if isinstance(tree, ast.Module) else "eval"
    code: CodeType = compile(tree, file.file, mode, flags=file.future, dont_inherit=True)
    return code


def _inline(
    statements: Sequence[ast.stmt], calls: TemplateCalls, vocabulary: Vocabulary, streams: Streams = frozenset()
) -> None:
    """Checks the t-strings that are certainly templates, and compiles them in place where possible, except pages."""
    tree = ast.Module(list(statements), [])
    certain = certain_templates(tree, calls.literals, lambda function: vocabulary.public_name(function) == "html")
    HTMLCalls(calls, certain, streams).module(statements)


class _BodyRewriter:
    """Rewrites the statements that run for each request, block by block. Functions and classes stay unchanged."""

    def __init__(self, description: Description) -> None:
        everywhere = (*description.before, *description.after)
        is_only = len(description.templates) == 1 and any(is_template(statement) for statement in everywhere)
        self.vocabulary = description.vocabulary
        self.bound_groups = {0}  # a block that has been split at the loader binds its inputs in its first part
        self.pages = {id(template): index for index, template in enumerate(description.templates)}
        self.only_page = 0 if is_only else None  # the one template of the file, if it is at module level
        self.inputs: dict[int, tuple[int, Declaration]] = {
            id(declaration.node): (index, declaration) for index, declaration in enumerate(description.declarations)
        }

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for statement in statements:
            if (known := self.inputs.get(id(statement))) and known[1].group not in self.bound_groups:
                self.bound_groups.add(known[1].group)
                out.append(_at(statement, ast.Expr(_run("bind", ast.Constant(known[1].group)))))
            out.extend(self.statement(statement))
        return out

    def statement(self, statement: ast.stmt) -> list[ast.stmt]:
        match statement:
            case ast.Expr(value=ast.TemplateStr() as template) if is_template(statement):
                if self.only_page is not None:
                    return []
                return [_at(statement, _assign(PAGE, ast.Constant(self.pages[id(template)])))]
            case ast.Expr(value=ast.Call() as call):
                helper = RENDERED if self.vocabulary.public_name(call.func) == "render" else CALLED
                checked = [_at(statement, ast.Expr(ast.Call(_name(helper), [call], [])))]
                return checked + self.responded(statement)
            case ast.AnnAssign():
                return self.annotated(statement)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return [statement]
        return [self.nested(statement), *self.responded(statement)]

    def annotated(self, node: ast.AnnAssign) -> list[ast.stmt]:
        """Drops a bare annotation, and assigns a value; to an input only if the request has no value for it."""
        if node.value is None:
            return []
        assignment = _at(node, ast.Assign([node.target], node.value))
        if known := self.inputs.get(id(node)):
            test = ast.UnaryOp(ast.Not(), _run("given", ast.Constant(known[0])))
            return [_at(node, ast.If(test, [assignment], []))]
        return [assignment, *self.responded(node)]

    def responded(self, statement: ast.stmt) -> list[ast.stmt]:
        if not binds_response(statement):
            return []
        return [_at(statement, ast.Expr(ast.Call(_name(RESPOND), [_name("response")], [])))]

    def nested(self, statement: ast.stmt) -> ast.stmt:
        """A copy of a compound statement with its blocks rewritten; a simple statement unchanged."""
        statement = copy.copy(statement)
        for field in ("body", "orelse", "finalbody"):
            if block := getattr(statement, field, None):
                setattr(statement, field, self.filled(block))
        for field in ("handlers", "cases"):
            if parts := getattr(statement, field, None):
                setattr(statement, field, [self.part(part) for part in parts])
        return statement

    def part(self, part: ast.ExceptHandler | ast.match_case) -> ast.ExceptHandler | ast.match_case:
        rewritten = copy.copy(part)
        rewritten.body = self.filled(part.body)
        holds_template = any(isinstance(node, ast.stmt) and is_template(node) for node in ast.walk(part))
        if isinstance(rewritten, ast.ExceptHandler) and rewritten.name and holds_template:
            # Python unbinds the name at the end of `except E as e`, but the template is evaluated later and may use it.
            name, rewritten.name = rewritten.name, hidden(rewritten.name)
            rewritten.body.insert(0, _at(rewritten.body[0], _assign(name, _name(rewritten.name))))
        return rewritten

    def filled(self, block: Sequence[ast.stmt]) -> list[ast.stmt]:
        return self.block(block) or [_at(block[0], ast.Pass())]


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _assign(name: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _run(method: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Attribute(_name(RUN), method, ast.Load()), list(arguments), [])


def _at[S: ast.stmt](where: ast.stmt, statement: S) -> S:
    """Gives a generated statement the location of the one that it replaces."""
    ast.copy_location(statement, where)
    return ast.fix_missing_locations(statement)
