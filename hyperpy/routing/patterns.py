"""From the name of a file or folder to a segment of the URL."""

import enum
import keyword
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from hyperpy.exceptions import RouteError, printable
from hyperpy.lazy import lazy_pattern
from hyperpy.record_classes import record

_CONTROL = lazy_pattern(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_BRACED = lazy_pattern(r"\{(\.\.\.)?([^{}]*)\}")


CONVERTERS = {"uuid": "UUID", "int": "int", "float": "float", **dict.fromkeys(("path", "slug", "str", "string"), "str")}
"""The types of parameters, as other frameworks write them in URLs, and Python's."""


class SegmentKind(enum.IntEnum):
    """How a segment matches, by precedence."""

    LITERAL = 0
    PARAMETER = 1
    REST = 2


@record(frozen=True, slots=True)
class Segment:
    """One segment of a route's URL. `text` is the text of a literal, or the name of a parameter."""

    kind: SegmentKind
    text: str

    def __str__(self) -> str:
        if self.kind is SegmentKind.LITERAL:
            return self.text
        dots = "..." if self.kind is SegmentKind.REST else ""
        return f"{{{dots}{self.text}}}"


def is_private(name: str) -> bool:
    """Whether files and folders of that name are ignored. `.well-known` has URLs by RFC 8615."""
    return name.startswith(("_", ".")) and name.removesuffix(".py") != ".well-known"


@lru_cache(maxsize=4096)
def parse_segment(name: str) -> Segment:
    """Parse a folder name, or a file name without `.py`. Raises RouteError without a place."""
    if not (name.isascii() and name.isprintable()) and _CONTROL.search(name):
        what = f"the name `{printable(name)}` contains a control character or is not valid UTF-8"
        raise RouteError(what, hint="Rename it: names become part of the URL.")
    if "{" not in name and "}" not in name:
        # Some file systems decompose names ("é" becomes two characters); URLs use the composed form.
        return Segment(SegmentKind.LITERAL, unicodedata.normalize("NFC", name))
    braced = _BRACED.fullmatch(name)
    if braced is None:
        raise _partial(name)
    # Python compares identifiers in this form (https://docs.python.org/3/reference/lexical_analysis.html#identifiers).
    text = unicodedata.normalize("NFKC", braced[2])
    if not text.isidentifier() or keyword.iskeyword(text):
        raise _invalid_identifier(name, text)
    return Segment(SegmentKind.REST if braced[1] else SegmentKind.PARAMETER, text)


def pattern(segments: Sequence[Segment]) -> str:
    """The URL as in messages: `/users/{user_id}`."""
    return "/" + "/".join(map(str, segments))


def shape(segments: Sequence[Segment]) -> str:
    """The URL without the names of parameters. Two routes of the same shape match the same URLs."""
    return pattern([s if s.kind is SegmentKind.LITERAL else Segment(s.kind, "") for s in segments])


def typed(name: str, converter: str) -> str:
    """The declaration of a parameter whose type is written as in another framework."""
    kind = CONVERTERS.get(converter, converter or "int")
    return f"`{name}: {kind}`" + (", with `from uuid import UUID`" if kind == "UUID" else "")


def _partial(name: str) -> RouteError:
    what = f"a parameter must be a whole segment of the URL, and `{name}` isn't"
    hint = "Write `{name}` for one segment, or `{...name}` for the rest of the URL."
    if (inner := re.search(r"\{([^\W\d]\w*)\}", name)) and inner[1].isidentifier():
        hint = f"Name it `{inner[0]}`, and split the value in the file."
        if (ending := name[inner.end() :]).startswith("."):
            hint = f"Make the parameter a folder, and the ending a file in it, such as `{inner[0]}/export{ending}.py`."
        if before := name[: inner.start()].strip("-_. {}"):
            hint = f"Name it `{inner[0]}`, or make the text a folder: `{before}/{inner[0]}`."
    return RouteError(what, hint=hint)


def _invalid_identifier(name: str, text: str) -> RouteError:
    if not text.strip(". "):
        return RouteError(f"`{name}` has no name between its braces", hint="Write `{name}` or `{...name}`.")
    if keyword.iskeyword(text):
        return RouteError(f"`{text}` is a Python keyword, so it can't be a variable", hint=f"Write `{{{text}_}}`.")
    what = f"`{text}` is not a valid Python identifier"
    before, colon, after = map(str.strip, text.partition(":"))
    if before in CONVERTERS and after.isidentifier() and after not in CONVERTERS:
        before, after = after, before  # `{int:id}`, as Django and Flask write it
    if colon and before.isidentifier():
        hint = f"Name the file `{{{before}}}.py` and write the type in it: {typed(before, after)}."
        if after == "path":
            hint = f"For the rest of the URL, write `{{...{before}}}`."
    elif text.endswith("?") and text[:-1].isidentifier():
        hint = f"Name it `{{{text[:-1]}}}`. The URL without it is a file of its own, `index.py` beside it."
    else:
        dots = "..." if "..." in name or text.startswith((".", "*")) else ""
        word = re.sub(r"\W+", "_", text.strip(".* "))
        hint = f"Write `{{{dots}{word if word.isidentifier() else '_' + word}}}`."
    return RouteError(what, hint=hint)
