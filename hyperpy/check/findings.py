"""One finding of `hyper check`: an error or a warning, with its place and its hint."""

from collections.abc import Iterable
from enum import StrEnum

from hyperpy.exceptions import HyperError, Place, display_path, message
from hyperpy.pages import LoadWarning
from hyperpy.record_classes import record


class Severity(StrEnum):
    """An error fails for a visitor, or keeps a file from loading. A warning works, but probably not as intended."""

    ERROR = "error"
    WARNING = "warning"


@record(frozen=True, slots=True)
class Finding:
    """`rule` names the check that found it, such as `link` or `fragment`."""

    severity: Severity
    rule: str
    what: str
    place: Place | None
    hint: str

    @classmethod
    def of_error(cls, error: HyperError) -> Finding:
        return cls(Severity.ERROR, "load", error.what, error.place, error.hint)

    @classmethod
    def of_warning(cls, warning: LoadWarning) -> Finding:
        return cls(Severity.WARNING, "likely-mistake", warning.what, warning.place, warning.hint)

    def __str__(self) -> str:
        return message(f"{self.severity}: {self.what}", self.place, self.hint)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by file and line, each once. Those without a place come first."""
    return sorted(dict.fromkeys(findings), key=_position)


def _position(finding: Finding) -> tuple[str, int, int, str]:
    place = finding.place or Place("")
    return display_path(place.file), place.line, place.column, finding.what
