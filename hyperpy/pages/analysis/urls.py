"""Checks the calls of `url` and `asset` whose route or file is a literal."""

import ast
from collections.abc import Callable

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.file_index import FileIndex
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.routing import URLPatterns, URLProblem

type AssetCheck = Callable[[str], URLProblem | None]
"""The problem with the name of a static file."""

_NAMES = frozenset({"asset", "url"})


def check_urls(
    parsed: ParsedFile, vocabulary: Vocabulary, patterns: URLPatterns, check_asset: AssetCheck | None
) -> None:
    """Raises RouteError for an unknown route, a missing parameter or an unknown file.

    Under a condition, files need not exist: the condition may be that they do.
    """
    known = map(vocabulary.public.name_of, vocabulary.objects.values())
    if not any(name in parsed.source for name in _NAMES) and _NAMES.isdisjoint(known):
        return
    for call in parsed.index.of(ast.Call):
        match call:
            case ast.Call(args=[ast.Constant(value=str(literal))]):
                if problem := _problem(call, literal, parsed.index, vocabulary, patterns, check_asset):
                    raise RouteError(problem.what, place=place_of(call.args[0], parsed.file), hint=problem.hint)


def _problem(
    call: ast.Call,
    literal: str,
    index: FileIndex,
    vocabulary: Vocabulary,
    patterns: URLPatterns,
    check_asset: AssetCheck | None,
) -> URLProblem | None:
    match vocabulary.public_name(call.func):
        case "url":
            names = {keyword.arg for keyword in call.keywords if keyword.arg is not None}
            return patterns.problem(literal, names if len(names) == len(call.keywords) else None)
        case "asset" if check_asset is not None and not _is_conditional(call, index):
            return check_asset(literal)
    return None


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
