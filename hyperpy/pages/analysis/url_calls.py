"""Checks the calls of `url` and `asset` whose route or file is a literal."""

import ast
from collections.abc import Iterator

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import AssetCheck, URLReference, place_of
from hyperpy.routing import URLPatterns

_NAMES = frozenset({"asset", "url"})


def check_urls(
    parsed: ParsedFile, vocabulary: Vocabulary, patterns: URLPatterns, check_asset: AssetCheck | None
) -> tuple[URLReference, ...]:
    """The references of a file. Raises RouteError for an unknown route, a missing parameter or an unknown file.

    Under a condition, files need not exist: the condition may be that they do.
    """
    known = map(vocabulary.public.name_of, vocabulary.objects.values())
    if not any(name in parsed.source for name in _NAMES) and _NAMES.isdisjoint(known):
        return ()
    found = []
    for literal, reference in _references(parsed.index, vocabulary):
        if problem := reference.problem(patterns, check_asset):
            raise RouteError(problem.what, place=place_of(literal, parsed.file), hint=problem.hint)
        found.append(reference)
    return tuple(found)


def _references(index: FileIndex, vocabulary: Vocabulary) -> Iterator[tuple[ast.expr, URLReference]]:
    for call in index.of(ast.Call):
        match call:
            case ast.Call(args=[ast.Constant(value=str(literal)) as argument]):
                function = vocabulary.public_name(call.func)
                if function == "url":
                    names = frozenset(keyword.arg for keyword in call.keywords if keyword.arg is not None)
                    is_known = len(names) == len(call.keywords)
                    yield argument, URLReference(function, literal, names if is_known else None)
                elif function == "asset" and not _is_conditional(call, index):
                    yield argument, URLReference(function, literal, None)


def _is_conditional(node: ast.AST, index: FileIndex) -> bool:
    """Whether a condition or an exception decides if a node is evaluated."""
    while (parent := index.parent(node)) is not None:
        match parent:
            case ast.If(test=certain) | ast.IfExp(test=certain) | ast.BoolOp(values=[certain, *_]):
                if node is not certain:
                    return True
            case ast.Try() | ast.TryStar() | ast.match_case():
                return True
        node = parent
    return False
