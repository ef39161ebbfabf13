"""A problem for clients that show no pages: scripts of a page, `curl`, and programs that ask for JSON."""

from collections.abc import Iterator

from hyperpy.dev.problems.problem import Problem
from hyperpy.dev.problems.source_code import SourceLine
from hyperpy.exceptions import display_path

_AROUND = 2  # lines before and after the expression


def problem_text(problem: Problem, log_id: str) -> str:
    """A few lines: the place, the message, the source and the hint; then those of the causes."""
    parts = list(_parts(problem))
    for relation, other in problem.related:
        parts += [f"{relation}:", *_parts(other)]
    if log_id:
        parts.append(f"Log id: {log_id}")
    return "\n\n".join(filter(None, parts)) + "\n"


def problem_fields(problem: Problem, status: int, title: str, log_id: str) -> dict[str, object]:
    """Problem details (RFC 9457), with the place, the hint and the source of the error."""
    fields: dict[str, object] = {"type": "about:blank", "title": title, "status": status, "detail": problem.title}
    if problem.span is not None:
        fields |= {"file": display_path(problem.span.file), "line": problem.span.line, "source": _source(problem)}
    return fields | ({"hint": problem.hint} if problem.hint else {}) | ({"log_id": log_id} if log_id else {})


def _parts(problem: Problem) -> Iterator[str]:
    place = f"{display_path(problem.span.file)}:{problem.span.line}  " if problem.span is not None else ""
    yield f"{place}{problem.title}"
    yield _source(problem)
    yield problem.hint


def _source(problem: Problem) -> str:
    span = problem.span
    if span is None:
        return ""
    near = [line for line in problem.lines if span.line - _AROUND <= line.number <= span.end_line + _AROUND]
    width = max((len(str(line.number)) for line in near), default=0)
    return "\n".join(text for line in near for text in _rows(line, width, span.line <= line.number <= span.end_line))


def _rows(line: SourceLine, width: int, is_marked: bool) -> Iterator[str]:
    yield f"{'>' if is_marked else ' '} {line.number:>{width}} | {line.text}".rstrip()
    if is_marked and line.marked:
        yield " " * (width + 5) + "".join("\t" if c == "\t" else " " for c in line.before) + "^" * len(line.marked)
