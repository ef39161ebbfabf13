"""Which statements of a route file run once, when it is loaded, and which run for each request."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hyperpy.pages.analysis.constants import Constants
from hyperpy.pages.analysis.file_index import Names, blocks
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.request_reads import reads_request
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import FLAGS


def runs_first(statement: ast.stmt, names: Names, settled: frozenset[str], constants: Constants) -> bool:
    """Whether a statement that is not an import has to run with the imports, before the file is split.

    These are constants, `Final` names and blocks around imports, if they use only `settled` names: builtins, and names
    that such statements have set and nothing sets again.
    """
    if names.rebinds or not names.reads <= settled | names.binds:
        return False
    index = constants.parsed.index
    if index.of(ast.TemplateStr, inside=statement):
        return False  # the compiler needs to know the results of the imports first
    match statement:
        case ast.If() | ast.Try() | ast.With():
            has_import = bool(index.level(statement, ast.Import, ast.ImportFrom))
            return has_import and is_definition(statement, constants, first=True)
        case ast.AnnAssign(annotation=annotation):
            return constants.vocabulary.is_final(annotation)
        case ast.Assign():
            return is_definition(statement, constants)
    return False


def with_aliases(vocabulary: Vocabulary, parsed: ParsedFile) -> Vocabulary:
    """Adds the file's own aliases of special objects to the vocabulary."""
    once = parsed.bound_once
    for statement in parsed.tree.body:
        if isinstance(statement, ast.AnnAssign) and vocabulary.marks_value(statement):
            continue  # an input, not another name of its marker
        for name, value in _aliases(statement):
            if name.partition(".")[0] in once and vocabulary.is_special(value):
                vocabulary = replace(vocabulary, aliases={**vocabulary.aliases, name: value})
    return vocabulary


def _aliases(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """The names that a statement binds to expressions; names in a class are dotted."""
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(values):
            pairs = zip(targets, values, strict=True)
            yield from ((target.id, value) for target, value in pairs if isinstance(target, ast.Name))
        case ast.Assign(targets=targets, value=value):
            yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.TypeAlias(name=ast.Name(id=name), value=value):
            yield name, value
        case ast.ClassDef(name=name, bases=bases, body=body):
            yield from ((name, base) for base in bases)
            yield from ((f"{name}.{inner}", value) for part in body for inner, value in _aliases(part))


def run_once(
    parsed: ParsedFile, inputs: frozenset[str], vocabulary: Vocabulary, done: frozenset[ast.stmt]
) -> set[ast.stmt]:
    """The definitions that use no request variable, neither directly nor through another definition.

    `done` are statements that have run already.
    """
    statements, constants = parsed.tree.body, Constants(parsed, vocabulary)
    definitions = [s for s in statements if s in done or is_definition(s, constants)]
    variables = _request_variables(parsed, definitions) | inputs
    names = parsed.names
    while touched := [s for s in definitions if variables & (names[s].reads | names[s].binds | names[s].rebinds)]:
        definitions = [s for s in definitions if s not in touched]
        variables |= {name for s in touched for name in names[s].binds}
    return set(definitions)


def _request_variables(parsed: ParsedFile, definitions: Sequence[ast.stmt]) -> set[str]:
    """Names that a statement of the request binds, that a function declares `global`, or that are bound twice."""
    variables: set[str] = set()
    constants: set[str] = set()
    for statement, names in parsed.names.items():
        variables |= names.rebinds
        if statement not in definitions:
            variables |= names.binds | names.declares
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            variables |= names.binds & constants
            constants |= names.binds
    return variables


def is_definition(statement: ast.stmt, constants: Constants, *, first: bool = False) -> bool:
    """Imports, functions, classes, type aliases, constants, `Final` names, and `if`/`try` around nothing but these.

    A block that runs first may be a `with`, have calls in its condition, and hold aliases of any name.
    """
    vocabulary = constants.vocabulary
    if not isinstance(statement, ast.AnnAssign) and reads_request(statement, constants.parsed.index, vocabulary):
        return False
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.ClassDef() | ast.TypeAlias():
            return True
        case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments):
            defaults = [*arguments.defaults, *(d for d in arguments.kw_defaults if d)]
            return all(default in constants or vocabulary.is_marker(default) for default in defaults)
        case ast.AnnAssign(target=ast.Name(), value=ast.expr() as value, annotation=annotation):
            return vocabulary.is_final(annotation) or value in constants or vocabulary.is_special(value)
        case ast.Assign(targets=[ast.Name()], value=ast.Name() | ast.Attribute()) if first:
            return True
        case ast.Assign(targets=targets):
            parts = (node for target in targets for node in constants.parsed.index.inside(target))
            names_only = all(isinstance(node, ast.Name | ast.Tuple) for node in parts)
            values = [value for _, value in _aliases(statement)]
            settled = all(value in constants or vocabulary.is_special(value) for value in values)
            tuples = [target.elts for target in targets if isinstance(target, ast.Tuple)]
            nested = any(isinstance(part, ast.Tuple) for parts in tuples for part in parts)  # not among the values
            return names_only and bool(values) and settled and not nested
        case ast.If() | ast.Try() | ast.With():
            return _holds_definitions(statement, constants, first=first)
    return False


def _holds_definitions(block: ast.If | ast.Try | ast.With, constants: Constants, *, first: bool) -> bool:
    if isinstance(block, ast.With) and not first:
        return False
    free = first or (isinstance(block, ast.If) and block.test in constants)
    for node in constants.parsed.index.inside(block.test) if isinstance(block, ast.If) else ():
        if isinstance(node, ast.Call | ast.NamedExpr) and not free:
            return False
        if isinstance(node, ast.expr) and constants.vocabulary.public_name(node) in FLAGS:
            return False
    parts = [part for statements in blocks(block) for part in statements]
    return all(isinstance(part, ast.Pass) or is_definition(part, constants, first=first) for part in parts)
