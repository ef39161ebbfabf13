"""The page that shows a problem: the user's source first, then the message, the hint, the variables and the rest."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from string.templatelib import Template
from typing import Final

from markupsafe import Markup

from hyperpy.dev.problems.editors import Editor
from hyperpy.dev.problems.problem import Problem, TracebackFrame
from hyperpy.dev.problems.request_facts import RequestFacts
from hyperpy.dev.problems.source_code import SourceLine, Span
from hyperpy.exceptions import display_path
from hyperpy.templates import TrustedURL, html, replace_surrogates

STYLE: Final = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_SHEET: Final = Markup(f"<style>body{{margin:0;background:light-dark(#fff,#191817)}}{STYLE}</style>")
_HASH: Final = base64.b64encode(hashlib.sha256(_SHEET[7:-8].encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)

_CODE: Final = re.compile(r"`([^`\n]+)`")
RELOAD_AFTER: Final = 2  # seconds between two attempts of a page without scripts to reload
_INSPECTOR: Final = Markup('<p class="quiet"><a href="/_hyper/">Inspector: routes, requests, streams</a></p>')
_RELOADS: Final = "Fix the error and save. This page will reload."
_SENT_AGAIN: Final = "Fix the error and save. Then go back and send the form again."


def problem_page(problem: Problem, request: RequestFacts | None, editor: Editor, log_id: str, refresh: Template) -> str:
    """The document. `refresh` goes into its head."""
    link = linked(editor)
    status = t"<p class=quiet>{request.method} {request.path}</p>" if request else t""
    is_answer_to_form = request is not None and request.method not in ("GET", "HEAD")
    logged = t"<p>Log id: <code>{log_id}</code></p>" if log_id else t""
    body = t"""
        {status}
        {_source(problem, link)}
        <h1>{with_code(problem.title)}</h1>
        {_hint(problem.hint)}
        {_warnings(problem)}
        {_variables(problem)}
        {_frames(problem, link)}
        {(_related(relation, other, link) for relation, other in problem.related)}
        {_request(request)}
        <footer class=quiet><p>{_SENT_AGAIN if is_answer_to_form else _RELOADS}</p>{logged}</footer>
        """
    return problem_document(problem.title, body, ":".join(map(str, problem.identity)), refresh)


def problem_document(title: str, body: Template, identity: str, refresh: Template) -> str:
    """The page around a problem. The script of open pages tells problems apart by their `identity`."""
    key = hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:16]
    document = html(t"""
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        {refresh}<title>{title}</title>{_SHEET}</head>
        <body><main class="problem" data-problem={key}>{body}{_INSPECTOR}</main></body>
        </html>
        """)
    return replace_surrogates(document)


def with_code(text: str) -> Template:
    """A sentence whose words in backticks are code."""
    return t"{(t'<code>{part}</code>' if index % 2 else part for index, part in enumerate(_CODE.split(text)))}"


type _Link = Callable[[Span], Template]


def linked(editor: Editor) -> _Link:
    def link(span: Span) -> Template:
        if not (url := editor.url(span.file, span.line, span.column)):
            return t"<span>{str(span)}</span>"
        return t'<a href={TrustedURL(url)} title="Open in the editor">{str(span)}</a>'

    return link


def _source(problem: Problem, link: _Link) -> Template:
    if problem.span is None:
        return t""
    return shown_source(problem.span, problem.lines, link, "")


def shown_source(span: Span, lines: Iterable[SourceLine], link: _Link, function: str) -> Template:
    inside = t" in <code>{function}</code>" if function and function != "<module>" else t""
    rows = [_row(line, span) for line in lines]
    label = f"Source of {display_path(span.file)}, line {span.line}"
    code = t'<pre tabindex="0" role="region" aria-label={label}>{rows}</pre>' if rows else t""
    return t"<figure><figcaption class=place>{link(span)}{inside}</figcaption>{code}</figure>"


def _row(line: SourceLine, span: Span) -> Template:
    kind = "here" if span.line <= line.number <= span.end_line else None
    marked = t"<mark>{line.marked}</mark>" if line.marked else t""
    after = line.after if line.text else " "  # an empty row would have no height
    return t"<span class={kind} data-line={line.number}>{line.before}{marked}{after}</span>"


def _hint(hint: str) -> Template:
    """Hints of several lines have columns and code."""
    return t"<p class={['hint', {'code': '\n' in hint}]}>{with_code(hint)}</p>" if hint else t""


def _warnings(problem: Problem) -> Template:
    if not problem.warnings:
        return t""
    rows = [t"<li><pre tabindex=0>{warning}</pre></li>" for warning in problem.warnings]
    return t"<section><h2>Warnings about this file</h2><ol class=warnings>{rows}</ol></section>"


def _variables(problem: Problem) -> Template:
    if not problem.variables:
        return t""
    return t"<section><h2>Variables</h2>{_listing(problem.variables)}</section>"


def _listing(items: Iterable[tuple[str, str]]) -> Template:
    rows = [t"<dt>{name}</dt><dd>{value}</dd>" for name, value in items]
    return t"<dl>{rows}</dl>"


def _frames(problem: Problem, link: _Link) -> Template:
    """All calls but the one that is shown first, the last one first; those of packages are collapsed."""
    others = [frame for frame in reversed(problem.frames) if frame.span != problem.span]
    if not others:
        return t""
    return t"<section><h2>Call stack, most recent call first</h2><ol>{_rows_of_frames(others, link)}</ol></section>"


def _rows_of_frames(frames: Iterable[TracebackFrame], link: _Link) -> Iterator[Template]:
    for is_foreign, group in groupby(frames, lambda frame: bool(frame.package)):
        if not is_foreign:
            for frame in group:
                yield t"<li>{shown_source(frame.span, frame.lines, link, frame.function)}</li>"
            continue
        foreign = list(group)
        packages = ", ".join(dict.fromkeys(frame.package for frame in foreign))
        count = f"{len(foreign)} frame{'s' * (len(foreign) > 1)} in {packages}"
        rows = [t"<li class=quiet>{link(frame.span)} in <code>{frame.function}</code></li>" for frame in foreign]
        yield t"<li><details><summary>{count}</summary><ol>{rows}</ol></details></li>"


def _related(relation: str, problem: Problem, link: _Link) -> Template:
    variables = t""
    if problem.variables:
        variables = t"<details><summary>Variables</summary>{_listing(problem.variables)}</details>"
    others = [frame for frame in reversed(problem.frames) if frame.span != problem.span]
    rows_of_stack = t"<ol>{_rows_of_frames(others, link)}</ol>"
    stack = t"<details><summary>Call stack</summary>{rows_of_stack}</details>" if others else t""
    return t"""
        <section class="related">
        <h2>{relation}</h2>
        {_source(problem, link)}
        <h3>{with_code(problem.title)}</h3>
        {_hint(problem.hint)}{variables}{stack}
        {(_related(more, other, link) for more, other in problem.related)}
        </section>
        """


def _request(request: RequestFacts | None) -> Template:
    if request is None:
        return t""
    facts = [("Method", request.method), ("Path", request.path), *((f"?{name}", v) for name, v in request.query)]
    return t"""
        <section><h2>Request</h2>{_listing(facts)}
        <details><summary>Headers</summary>{_listing(request.headers)}</details></section>
        """
