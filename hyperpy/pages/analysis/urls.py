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
    """Raises RouteError for an unknown route, a missing parameter or an unknown file.

    Under a condition, files need not exist: the condition may be that they do.
    """
    known = map(vocabulary.public.name_of, vocabulary.objects.values())
    if not any(name in parsed.source for name in _NAMES) and _NAMES.isdisjoint(known):
        return
    for call, literal, is_conditional in _calls(parsed.tree, is_conditional=False):
        problem = None
        match vocabulary.public_name(call.func):
            case "url":
                names = {keyword.arg for keyword in call.keywords if keyword.arg is not None}
                problem = patterns.problem(literal, names if len(names) == len(call.keywords) else None)
            case "asset" if check_asset is not None and not is_conditional:
                problem = check_asset(literal)
        if problem:
            raise RouteError(problem.what, place=place_of(call.args[0], parsed.file), hint=problem.hint)


def _calls(node: ast.AST, *, is_conditional: bool) -> Iterator[tuple[ast.Call, str, bool]]:
    """The calls with nothing but a literal as positional argument, and whether they depend on a condition."""
    match node:
        case ast.Call(args=[ast.Constant(value=str(literal))]):
            yield node, literal, is_conditional
        case ast.If(test=certain) | ast.IfExp(test=certain) | ast.BoolOp(values=[certain, *_]):
            yield from _calls(certain, is_conditional=is_conditional)
            for part in ast.iter_child_nodes(node):
                if part is not certain:
                    yield from _calls(part, is_conditional=True)
            return
        case ast.Try() | ast.TryStar() | ast.match_case():
            is_conditional = True
    for part in ast.iter_child_nodes(node):
        yield from _calls(part, is_conditional=is_conditional)
