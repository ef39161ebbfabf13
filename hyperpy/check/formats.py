"""Findings as text, as workflow commands of GitHub, and as JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hyperpy.check.findings import Finding, Severity
from hyperpy.exceptions import Place, advice, display_path


def as_text(findings: Sequence[Finding], files: int) -> str:
    """Each finding with its lines of source, and a last line that counts them."""
    return "\n\n".join([*map(str, findings), _summary(findings, files)])


def as_github(findings: Sequence[Finding], files: int) -> str:
    """Annotations of lines in a pull request.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    return "\n".join([*map(_annotation, findings), _summary(findings, files)])


def as_json(findings: Sequence[Finding], files: int) -> str:
    """An object with a list of findings. Lines and columns count from 1; those that aren't known are null."""
    return json.dumps({"files": files, "findings": list(map(_fields, findings))}, indent=2, ensure_ascii=False)


FORMATS: Final[Mapping[str, Callable[[Sequence[Finding], int], str]]] = MappingProxyType(
    {"text": as_text, "github": as_github, "json": as_json}
)


def _summary(findings: Sequence[Finding], files: int) -> str:
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    counts = [_count(errors, "error"), _count(len(findings) - errors, "warning")]
    found = " and ".join(count for count in counts if count) or "No problems"
    return f"{found} in {_count(files, 'file')}." if files else f"{found}: there are no files to check."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}" if number else ""


def _annotation(finding: Finding) -> str:
    properties = [f"title={_escaped(f'hyper check: {finding.rule}', ':,')}"]
    if finding.place is not None:
        properties.insert(0, f"file={_escaped(display_path(finding.place.file), ':,')}")
        if finding.place.line:
            properties.insert(1, f"line={finding.place.line}")
        if finding.place.width:
            properties.insert(2, f"col={finding.place.column + 1}")
    hint = advice(finding.hint, finding.place)
    text = f"{finding.what}\n{hint}" if hint else finding.what
    return f"::{finding.severity} {','.join(properties)}::{_escaped(text)}"


def _escaped(text: str, others: str = "") -> str:
    for character in f"%\r\n{others}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _fields(finding: Finding) -> dict[str, object]:
    place = finding.place or Place("")
    return {
        "severity": finding.severity,
        "rule": finding.rule,
        "file": display_path(place.file) or None,
        "line": place.line or None,
        "column": place.column + 1 if place.width else None,
        "message": finding.what,
        "hint": advice(finding.hint, finding.place),
    }
