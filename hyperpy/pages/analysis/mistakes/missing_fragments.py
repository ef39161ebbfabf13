"""`htmx.fragment` in a file without a fragment: it is always empty there."""

import ast
from collections.abc import Iterator

from hyperpy.pages.analysis.parsed_file import ParsedFile
from hyperpy.pages.analysis.vocabulary import Vocabulary
from hyperpy.pages.facts import LoadWarning, place_of


def missing_fragments(parsed: ParsedFile, vocabulary: Vocabulary) -> Iterator[LoadWarning]:
    """A warning about the first `htmx.fragment`, if no t-string of the file has the marker `{fragment}`."""
    for node in parsed.index.of(ast.Attribute):
        if node.attr == "fragment" and vocabulary.public_name(node.value) == "htmx":
            if not vocabulary.spellings(parsed.index, "fragment"):
                what = "`htmx.fragment` is always empty here: no element in this file has the marker `{fragment}`"
                hint = 'Mark the element that htmx swaps: <ul id="rows" {fragment}>. For those of a layout, compare'
                yield LoadWarning(what, place_of(node, parsed.file), f"{hint} `htmx.target`.")
            return
