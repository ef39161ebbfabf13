"""The choice among precompressed copies of a file by `Accept-Encoding` (RFC 9110, 12.5.3)."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from hyperpy.lazy import lazy_pattern


class ContentCoding(NamedTuple):
    """A content coding by its registered name, and the suffix of files that have it."""

    name: str
    suffix: str


# Usually from the smallest to the largest: among equals, the first one is sent.
CODINGS: Final = (ContentCoding("br", ".br"), ContentCoding("zstd", ".zst"), ContentCoding("gzip", ".gz"))

_IDENTITY: Final = "identity"
_ALIASES: Final = {"x-gzip": "gzip"}  # RFC 9110, 8.4.1.3
_QUALITY: Final = lazy_pattern(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?", re.ASCII)


def acceptable(accept_encoding: Iterable[str], available: Iterable[ContentCoding]) -> Sequence[ContentCoding]:
    """The codings to try, the best first. Those that the client likes less than the file itself are left out."""
    qualities = dict(map(_quality, ",".join(accept_encoding).lower().split(",")))
    others = qualities.get("*", 0)
    plain = qualities.get(_IDENTITY, 0)  # if it isn't named, it is the last resort
    weighed = [(qualities.get(coding.name, others), coding) for coding in available]
    chosen = [(quality, coding) for quality, coding in weighed if quality > 0 and quality >= plain]
    return [coding for _, coding in sorted(chosen, key=lambda each: -each[0])]


def _quality(text: str) -> tuple[str, float]:
    """A coding and its weight; 0 if the weight is invalid."""
    name, *parameters = (part.strip() for part in text.split(";"))
    weights = [value.strip() for key, _, value in (part.partition("=") for part in parameters) if key.strip() == "q"]
    weight = weights[0] if weights else "1"
    return _ALIASES.get(name, name), float(weight) if _QUALITY.fullmatch(weight) else 0.0
