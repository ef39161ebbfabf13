"""Description → code objects. They keep the user's line numbers, and call helpers by hidden names."""

import ast
import copy
from collections.abc import Sequence
from functools import partial
from types import CodeType

from hyperpy.exceptions import Place
from hyperpy.pages.analysis.analyse import Description
from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import at, is_template
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import Declaration
from hyperpy.pages.loading.compiled.code import CompiledBody, CompiledRoute, CompiledTemplate, TemplateFunctions
from hyperpy.pages.loading.ending_statements import (
    RESULTS,
    call,
    end_functions,
    is_answer,
    load,
    may_be_redirect,
    may_be_response,
    store,
    with_responses,
    worked_on,
)
from hyperpy.pages.loading.hidden_names import BOUND, ENDED, ENDS, KEPT, PAGE, RESULT, RUN, SET, hidden
from hyperpy.pages.loading.html_calls import HTMLCalls, Streams, TemplateCalls
from hyperpy.pages.loading.imports.imported_names import Rewrite
from hyperpy.templates import SourceText
from hyperpy.templates.at_load.fragment_extraction import extract_fragments
from hyperpy.templates.at_load.literals import Literals

type Definitions = tuple[CodeType, TemplateFunctions]
"""The code that runs once, and the functions to put into its namespace before."""


def compile_route(description: Description, rewrite: Rewrite) -> CompiledRoute:
    """Compiles a route file. `rewrite` is applied to each module first (it redirects imports of the routes package).

    Raises TemplateError with its place for a t-string that is certainly a template and is invalid.
    """
    d = description
    calls = TemplateCalls(Literals(SourceText(d.file, d.source), d.markers))
    everyone = (d, *d.by_method.values())
    streams = {(own.stream.name, own.stream.line) for own in everyone if own.stream}
    _inline(d.index, calls, d.vocabulary, streams)
    end_functions(d.index, {own.loader for own in everyone}, partial(_is_render, d.vocabulary))
    body = _BodyRewriter(d)

    def module(statements: Sequence[ast.stmt]) -> CodeType:
        return compile_tree(rewrite(ast.Module(list(statements), [])), d)

    def parts(description: Description) -> CompiledBody:
        body = _BodyRewriter(description)
        before, after = body.whole(description.before), body.whole(description.after)
        return CompiledBody(module(before) if before else None, module(after) if after else None)

    return CompiledRoute(
        once=module(d.once),
        body=parts(d),
        by_method={method: parts(own) for method, own in d.by_method.items()},
        templates=tuple(_compiled_template(node, calls, d) for node in d.templates),
        functions=TemplateFunctions(calls.functions, calls.literals.lines),
        page=body.only_page,
    )


def _compiled_template(node: ast.TemplateStr, calls: TemplateCalls, description: Description) -> CompiledTemplate:
    def expression(template: ast.TemplateStr) -> CodeType:
        return compile_tree(ast.Expression(calls.call(template)), description)

    found = extract_fragments(node, calls.literals)
    fragments = {name: expression(fragment) for name, fragment in found.items()}
    return CompiledTemplate(expression(node), Place(description.file, node.lineno), fragments)


def compile_private(
    statements: Sequence[ast.stmt], parsed: ParsedFile, vocabulary: Vocabulary, rewrite: Rewrite
) -> Definitions:
    """The part of a private file that may have t-strings. Raises SyntaxError as Python does, and TemplateError."""
    literals = Literals(SourceText(parsed.file, parsed.source), vocabulary.spellings(parsed.index, "fragment"))
    calls = TemplateCalls(literals)
    _inline(parsed.index, calls, vocabulary)
    code = compile_tree(rewrite(ast.Module(list(statements), [])), parsed)
    return code, TemplateFunctions(calls.functions, literals.lines)


def compile_tree(tree: ast.Module | ast.Expression, file: ParsedFile | Description) -> CodeType:
    mode = "exec" if isinstance(tree, ast.Module) else "eval"
    code: CodeType = compile(tree, file.file, mode, flags=file.future, dont_inherit=True)
    return code


def _inline(index: FileIndex, calls: TemplateCalls, vocabulary: Vocabulary, streams: Streams = frozenset()) -> None:
    """Checks the t-strings that are certainly templates, and compiles them in place where possible, except pages."""
    certain = vocabulary.certain_templates(index, calls.literals)
    HTMLCalls(index, calls, certain, streams).replace()


def _is_render(vocabulary: Vocabulary, function: ast.expr) -> bool:
    return vocabulary.public_name(function) == "render"


class _BodyRewriter:
    """Rewrites the statements that run for each request, block by block. Functions and classes stay unchanged.

    A statement that may end the body is followed by a check and a `break`. That leaves `with` and `try` as `return`
    does in a function, and is why the whole body stands in a loop. After an inner loop the body breaks again.
    """

    def __init__(self, description: Description) -> None:
        everywhere = (*description.before, *description.after)
        is_only = len(description.templates) == 1 and any(is_template(statement) for statement in everywhere)
        self.index = description.index
        self.bound_groups = {0}  # a block that has been split at the loader binds its inputs in its first part
        self.is_render = partial(_is_render, description.vocabulary)
        self.worked_on = worked_on(self.index)
        self.ends = 0  # how many statements may end the body so far
        self.can_leave = True
        self.depth = 0
        self.pages = {id(template): index for index, template in enumerate(description.templates)}
        self.only_page = 0 if is_only else None  # the one template of the file, if it is at module level
        self.inputs: dict[int, tuple[int, Declaration]] = {
            id(declaration.node): (index, declaration) for index, declaration in enumerate(description.declarations)
        }

    def whole(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """The statements before or after the loader."""
        self.ends = 0
        block = self.block(statements)
        if not self.ends:
            return block
        return [at(statements[0], ast.While(ast.Constant(True), [*block, ast.Break()], []))]

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        self.depth += 1
        for statement in statements:
            if (known := self.inputs.get(id(statement))) and known[1].group not in self.bound_groups:
                self.bound_groups.add(known[1].group)
                out.append(at(statement, ast.Expr(_run("bind", ast.Constant(known[1].group)))))
            out.extend(at(statement, new) for new in self.statement(statement))
        self.depth -= 1
        if self.depth and not self.index.response_setters.isdisjoint(statements):
            out.append(at(statements[-1], self.ended_by(call(BOUND))))
        return out

    def statement(self, statement: ast.stmt) -> list[ast.stmt]:
        match statement:
            case ast.Expr(value=ast.TemplateStr() as template) if is_template(statement):
                return [] if self.only_page is not None else [_assign(PAGE, ast.Constant(self.pages[id(template)]))]
            case ast.Expr(value=value) if may_be_response(value):
                return [self.ended_by(call(ENDS, with_responses(value, self.is_render)))]
            case ast.AnnAssign(value=None) | ast.Pass():
                return []
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return self.annotated(statement, ast.Assign([target], value))
            case ast.Assign():
                return self.assigned(statement)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return [statement]
        before = self.ends
        nested = [self.nested(statement)]
        if self.ends > before and isinstance(statement, ast.For | ast.While):
            nested.append(ast.If(load(ENDED), [ast.Break()], []))
        return nested

    def annotated(self, node: ast.AnnAssign, assignment: ast.Assign) -> list[ast.stmt]:
        """Assigns the value; to an input only its default, and only if the request has no value for it."""
        known = self.inputs.get(id(node))
        if known is None:
            return self.assigned(assignment)
        index, declaration = known
        if declaration.initial is not None:
            shown = ast.Expr(_run("show_initial", ast.Constant(index), declaration.initial))
            return [ast.If(_run("wants_initial", ast.Constant(index)), [at(node, shown)], [])]
        if declaration.default is None:
            return []
        test = ast.UnaryOp(ast.Not(), _run("given", ast.Constant(index)))
        default = ast.Assign(assignment.targets, declaration.default)
        return [ast.If(test, [at(node, default)], [])]

    def assigned(self, statement: ast.Assign) -> list[ast.stmt]:
        names = list(dict.fromkeys(name.id for name in may_be_redirect(statement)))
        if self.worked_on.intersection(names) and not isinstance(statement.value, ast.Tuple):
            helper = SET if "response" in names else KEPT
            return [ast.Assign(statement.targets, call(helper, statement.value))]
        if not names and isinstance(statement.value, RESULTS):
            check, target = self.check(RESULT), ast.Assign(statement.targets, load(RESULT))
            return [_assign(RESULT, statement.value), target, check, ast.Delete([ast.Name(RESULT, ast.Del())])]
        return [statement, *map(self.check, names)]

    def check(self, name: str) -> ast.stmt:
        """Ends the body if a variable holds the answer."""
        return self.ended_by(ast.BoolOp(ast.And(), [is_answer(name), call(ENDS, load(name))]))

    def ended_by(self, test: ast.expr) -> ast.stmt:
        """Ends the body if the test is true."""
        if not self.can_leave:
            return ast.Expr(test)
        self.ends += 1
        return ast.If(test, [_assign(ENDED, ast.Constant(True)), ast.Break()], [])

    def nested(self, statement: ast.stmt) -> ast.stmt:
        """A copy of a compound statement with its blocks rewritten; a simple statement unchanged."""
        statement, can_leave = copy.copy(statement), self.can_leave
        for field in ("body", "orelse", "finalbody"):
            # Python forbids a `break` in `except*`, and warns of one in `finally`.
            self.can_leave = can_leave and field != "finalbody"
            if block := getattr(statement, field, None):
                setattr(statement, field, self.filled(block))
        self.can_leave = can_leave and not isinstance(statement, ast.TryStar)
        for field in ("handlers", "cases"):
            if parts := getattr(statement, field, None):
                setattr(statement, field, [self.part(part) for part in parts])
        self.can_leave = can_leave
        return statement

    def part(self, part: ast.ExceptHandler | ast.match_case) -> ast.ExceptHandler | ast.match_case:
        rewritten = copy.copy(part)
        rewritten.body = self.filled(part.body)
        holds_template = any(map(is_template, self.index.of(ast.Expr, inside=part)))
        if isinstance(rewritten, ast.ExceptHandler) and rewritten.name and holds_template:
            # Python unbinds the name at the end of `except E as e`, but the template is evaluated later and may use it.
            name, rewritten.name = rewritten.name, hidden(rewritten.name)
            rewritten.body.insert(0, at(rewritten.body[0], _assign(name, load(rewritten.name))))
        return rewritten

    def filled(self, block: Sequence[ast.stmt]) -> list[ast.stmt]:
        return self.block(block) or [at(block[0], ast.Pass())]


def _assign(name: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([store(name)], value)


def _run(method: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Attribute(load(RUN), method, ast.Load()), list(arguments), [])
