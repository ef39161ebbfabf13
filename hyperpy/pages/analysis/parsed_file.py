"""The text of a route file → its syntax tree, an index of it, and the names in it."""

import __future__

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Final

from hyperpy.exceptions import Place, RouteError
from hyperpy.pages.analysis.file_index import FileIndex, Names, When
from hyperpy.pages.analysis.inputs.static_paths_statement import STATIC_PATHS, take_static_paths
from hyperpy.pages.analysis.mistakes.broken_strings import string_problem
from hyperpy.pages.analysis.mistakes.foreign_syntax import IN_A_T_STRING, html_outside, javascript_advice
from hyperpy.pages.analysis.walk import Walk
from hyperpy.pages.facts import ImportedName, place_of
from hyperpy.record_classes import record


@record(frozen=True)
class ParsedFile:
    file: str
    source: str
    tree: ast.Module
    index: FileIndex
    names: Mapping[ast.stmt, Names]
    """What each statement at module level does with module-level names."""
    local: Mapping[ast.Name, ImportedName | None]
    """The uses of function variables, and the source of each if imports are all that binds it."""
    future: int
    """Compiler flags of the `from __future__` imports."""
    loaded: frozenset[ast.AnnAssign] = frozenset()
    """The declarations that had `Loaded()` as their value."""
    static_paths: ast.stmt | None = None
    """The statement for `hyper build`, which isn't in the tree."""

    @cached_property
    def bound(self) -> frozenset[str]:
        """Every module-level name that the file sets, however it does that."""
        return frozenset().union(*(names.binds | names.rebinds for names in self.names.values()))

    @cached_property
    def rebound(self) -> frozenset[str]:
        """The names that functions declare `global` and set."""
        return frozenset().union(*(names.rebinds for names in self.names.values()))

    @cached_property
    def reads(self) -> frozenset[str]:
        """Every module-level name that the file reads."""
        return frozenset().union(*(names.reads for names in self.names.values()))

    @property
    def assigned(self) -> frozenset[str]:
        """The bound names without those that the file only deletes."""
        deleted = {node.id for node in self.index.of(ast.Name) if isinstance(node.ctx, ast.Del)}
        stored = {binding.name for binding in self.index.bindings[None] if not binding.is_delete}
        return self.bound - (deleted - stored - self.rebound)

    @cached_property
    def named_for_build(self) -> frozenset[str]:
        """The names in `static_paths`."""
        if self.static_paths is None:
            return frozenset()
        return frozenset(node.id for node in ast.walk(self.static_paths) if isinstance(node, ast.Name))

    @cached_property
    def expected_to_fail(self) -> frozenset[str]:
        """The names that the file reads where it catches a NameError: it knows that they may not exist."""
        uses = (use for names in self.names.values() for use in names.uses)
        return frozenset(use.node.id for use in uses if use.when is When.EXPECTED_TO_FAIL)

    @cached_property
    def bound_once(self) -> frozenset[str]:
        """The names that exactly one statement binds or declares, and no function rebinds."""
        counts: Counter[str] = Counter()
        for names in self.names.values():
            counts.update(names.binds | names.declares)
            counts.update([*names.rebinds, *names.rebinds])
        return frozenset(name for name, count in counts.items() if count == 1)


def parse(source: str, file: str) -> ParsedFile:
    """Raises RouteError for a syntax error, and for what only a function may hold."""
    try:
        tree = ast.parse(source, file)
    except SyntaxError as error:
        raise unreadable(error, source, file) from error
    whole = ast.Module([*tree.body], tree.type_ignores)
    static_paths = take_static_paths(tree, file) if STATIC_PATHS in source else None
    parsed = parsed_file(tree, source, file, static_paths)
    for node in _outside_functions(parsed.index):
        match node:
            case ast.Yield() | ast.YieldFrom():
                keyword = "yield"
                hint = 'A stream is an async generator:\n\n    async def stream():\n        yield t"<p>…</p>"'
            case ast.Await() | ast.AsyncFor() | ast.AsyncWith() | ast.comprehension(is_async=1):
                keyword = "await"
                hint = _await_in_loader(parsed.index, node, source)
            case ast.Return():
                keyword = "return"
                hint = 'To answer and stop, make the call by itself: `redirect("/login")`, or set `response = …`.'
            case _:
                continue
        located = node.target if isinstance(node, ast.comprehension) else node
        raise RouteError(f"`{keyword}` outside a function", place=place_of(located, file), hint=hint)
    try:  # some errors are the compiler's, not the parser's: `await` in a plain function, `break` outside a loop
        compile(whole, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise unreadable(error, source, file) from error
    return parsed


def _await_in_loader(index: FileIndex, awaiting: ast.AST, source: str) -> str:
    """How to move the statement with an `await` into the loader, or the value if that stands in the page."""
    around = [awaiting]
    while (parent := index.parent(around[-1])) is not None:
        around.append(parent)
    statement = next(node for node in around if isinstance(node, ast.stmt))
    names, here = "", ""
    lines = (ast.get_source_segment(source, statement) or "").splitlines()
    match statement:
        case ast.Assign(targets=[target]):
            names = ", ".join(name.id for name in index.of(ast.Name, inside=target))
        case ast.AnnAssign(target=ast.Name(id=names), value=ast.expr() as value):
            lines = f"{names} = {ast.get_source_segment(source, value)}".splitlines()
        case ast.AsyncFor() | ast.AsyncWith():
            lines = [lines[0], "    …"]
            names = ", ".join(dict.fromkeys(name for part in statement.body for name in index.bound_in([part])))
        case ast.Expr(value=ast.Await()):
            pass
        case _ if isinstance(awaiting, ast.Await):
            names, lines, here = "found", [f"found = {ast.unparse(awaiting)}"], "\n\nHere, write `found`."
        case _:
            return (
                "Move it into the loader, an `async def load():`, and set the names that the page uses with `global`."
            )
    for outer, inner in zip(around[1:], around, strict=False):
        if isinstance(outer, ast.If) and inner in outer.body:
            lines = [f"if {ast.unparse(outer.test)}:", *(f"    {line}" for line in lines)]
    lines = [f"global {names}"] * bool(names) + lines
    return "\n".join(["Await in the loader:\n", "    async def load():", *(f"        {line}" for line in lines)]) + here


def parsed_file(tree: ast.Module, source: str, file: str, static_paths: ast.stmt | None = None) -> ParsedFile:
    walk, flags = Walk(tree), _future_flags(tree)
    return ParsedFile(file, source, tree, walk.index, walk.names, walk.local, flags, static_paths=static_paths)


def unreadable(error: SyntaxError, source: str, file: str) -> RouteError:
    """The error for source that Python can't parse."""
    width = (error.end_offset or 0) - (error.offset or 0) if error.end_lineno == error.lineno else 1
    place = Place(file, error.lineno or 0, max((error.offset or 1) - 1, 0), max(width, 1))
    hint = next((said for part, said in _REMEDIES.items() if part in error.msg), "")
    if place.line == 1 and source.lstrip().startswith("---"):
        hint = "A route file is Python from its first line. Remove the lines `---`."
    if _is_in_t_string(error, source):
        hint = _braces(source.splitlines()[place.line - 1], place.column)
    elif (found := html_outside(source, place.line, place.column)) is not None:
        line, column, tag = found
        place = Place(file, line, column, len(tag))
        return RouteError("Python can't read this: HTML stands outside of a t-string", place=place, hint=IN_A_T_STRING)
    if bracket := re.match(r"closing parenthesis '\}' does not match opening parenthesis '(.)'", error.msg):
        hint = f"Close the `{bracket[1]}` before the brace ends."
    what, hint = string_problem(error, source, hint)
    return RouteError(f"Python can't read this: {what}", place=place, hint=hint)


def _outside_functions(index: FileIndex) -> Iterator[ast.AST]:
    """What only a function may hold, outside of functions."""
    async_only = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.comprehension)
    for node in index.of(ast.Yield, ast.YieldFrom, ast.Return, *async_only):
        if all(isinstance(owner, ast.ClassDef) for owner in index.owners_of(node)):
            yield node


def _is_in_t_string(error: SyntaxError, source: str) -> bool:
    """Whether Python stopped reading inside a t-string."""
    if error.msg.startswith("t-string:"):
        return True
    depth = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.start >= (error.lineno or 0, (error.offset or 1) - 1):
                break
            depth += {tokenize.TSTRING_START: 1, tokenize.TSTRING_END: -1}.get(token.type, 0)
    except SyntaxError, tokenize.TokenError:  # the tokenizer stops there, too
        pass
    return depth > 0


# By a part of Python's message.
_REMEDIES: Final[Mapping[str, str]] = {
    "async function": "Write `async def` for the function around it.",
    "expected ':'": "Write `:` at the end of the line.",
    "expected an indented block": "Indent the lines that belong to it by four spaces; an empty block is `pass`.",
    "unexpected indent": "Begin all lines of a block in the same column.",
    "unindent does not match": "Begin all lines of a block in the same column.",
    "inconsistent use of tabs": "Indent all lines with spaces.",
    "was never closed": "Write the bracket that closes it.",
}
_OPERATORS: Final[Mapping[str, str]] = {
    "&&": 'In Python, it is `and`, or a condition: {t"<p>{user}</p>" if user else None}.',
    "||": "In Python, it is `or`: {name or 'Nobody'}.",
    "?": "In Python, a condition is {'yes' if found else 'no'}.",
}


def _braces(line: str, column: int) -> str:
    """How to write what was meant by the brace before a place that isn't Python."""
    brace = max(line.rfind("{", 0, column + 1), 0)
    inside = line[brace + 1 :].lstrip()
    if inside.startswith("#"):
        return "A comment in a template is one of HTML: <!-- … -->."
    if advice := javascript_advice(inside):
        return advice
    if value := re.match(r"([\w.]+)\s*</?[a-z]", inside):
        return f"The brace has no end: write {{{value[1]}}}."
    if tag := re.match(r"/\s*(\w+)\s*\}", inside):
        return f"The end tag of a component is </{{{tag[1]}}}>."
    if line[:brace].endswith("<") and (tag := re.match(r"(\w+)\s+[\w-]+\s*=", inside)):
        return f"In the tag of a component, its attributes stand behind the braces: <{{{tag[1]}}} …>."
    if inside.startswith(("/*", "//")):
        return "A comment in a template is one of HTML: <!-- … -->. It is not sent if it begins with <!--#."
    if operator := re.match(r"[^{}]*?(&&|\|\||(?<=\s)\?(?=\s))", inside):
        return _OPERATORS[operator[1]]
    if inside.startswith("%") or re.match(r"(if|for|while|else)\b", inside):
        return (
            "A condition is an expression, and a loop is a comprehension:\n\n"
            '    {t"<p>{user}</p>" if user else t"<p>Nobody</p>"}\n'
            '    {[t"<li>{item}</li>" for item in items]}'
        )
    return "Braces around a value hold a Python expression. Double the braces of CSS, JavaScript or text: {{ and }}."


def _future_flags(tree: ast.Module) -> int:
    flags = 0
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags
