"""Checks the calls of `url` whose route is a literal."""

import ast

from hyperpy.exceptions import RouteError
from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.placement import place_of
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.routing import URLPatterns


def check_urls(parsed: ParsedFile, vocabulary: Vocabulary, patterns: URLPatterns) -> None:
    """Raises RouteError for an unknown route or a missing parameter."""
    if "url" not in parsed.source and "url" not in map(vocabulary.public.name_of, vocabulary.objects.values()):
        return
    for node in parsed.index.of(ast.Call):
        match node:
            case ast.Call(func=func, args=[ast.Constant(value=str(pattern)) as literal], keywords=keywords) if (
                vocabulary.public_name(func) == "url"
            ):
                names = {keyword.arg for keyword in keywords if keyword.arg is not None}
                given = names if len(names) == len(keywords) else None
                if problem := patterns.problem(pattern, given):
                    raise RouteError(problem.what, place=place_of(literal, parsed.file), hint=problem.hint)
