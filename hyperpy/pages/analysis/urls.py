"""Checks the calls of `url` and `asset` whose route or file is a literal."""

import ast
from collections.abc import Callable, Iterator

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.routing import URLPatterns, URLProblem

type AssetCheck = Callable[[str], URLProblem | None]
"""What is wrong with the name of a static file."""

_NAMES = frozenset({"asset", "url"})


def check_urls(
    parsed: ParsedFile, vocabulary: Vocabulary, patterns: URLPatterns, check_asset: AssetCheck | None
) -> None:
    """Raises RouteError for an unknown route, a missing parameter or an unknown file."""
    known = map(vocabulary.public.name_of, vocabulary.objects.values())
    if not any(name in parsed.source for name in _NAMES) and _NAMES.isdisjoint(known):
        return
    for name, call, literal in _calls(parsed.tree, vocabulary):
        if name == "url":
            names = {keyword.arg for keyword in call.keywords if keyword.arg is not None}
            problem = patterns.problem(literal, names if len(names) == len(call.keywords) else None)
        else:
            problem = check_asset(literal) if check_asset is not None else None
        if problem:
            raise RouteError(problem.what, place=place_of(call.args[0], parsed.file), hint=problem.hint)


def _calls(tree: ast.AST, vocabulary: Vocabulary) -> Iterator[tuple[str, ast.Call, str]]:
    """The calls of `url` and `asset` with nothing but a literal as positional argument."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=function, args=[ast.Constant(value=str(literal))]):
                if (name := vocabulary.public_name(function)) in _NAMES:
                    yield name, node, literal
