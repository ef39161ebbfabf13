"""Responses with a problem: a page, text or JSON, by what the client takes."""

from collections.abc import Mapping
from dataclasses import replace
from string.templatelib import Template
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import Scope

from hyperpy.dev.browser import is_navigation
from hyperpy.dev.problems.as_text import problem_fields, problem_text
from hyperpy.dev.problems.editors import Editor
from hyperpy.dev.problems.page import POLICY, RELOAD_AFTER, problem_page
from hyperpy.dev.problems.problem import Problem, problem_of
from hyperpy.dev.problems.request_facts import RequestFacts, redaction_of
from hyperpy.templates import replace_surrogates
from hyperpy.web.errors import phrase, preferred_format, status_of

HEADERS: Final[Mapping[str, str]] = {"Cache-Control": "no-store", "Vary": "Accept, HX-Request, Sec-Fetch-Dest"}


def problem_answer(error: BaseException, scope: Scope, editor: Editor, *, reloads: bool) -> Response:
    """The response for the developer. With `reloads`, the page reloads itself even without the script of open pages."""
    redaction = redaction_of(scope)
    problem = with_warnings(problem_of(error, redaction), scope)
    status, log_id = status_of(error), getattr(error, "log_id", "")
    kind = format_for(Headers(scope=scope))
    if kind == "json":
        fields = problem_fields(problem, status, phrase(status), log_id)
        return _ProblemDetails(fields, status, HEADERS)
    if kind == "text":
        return PlainTextResponse(replace_surrogates(problem_text(problem, log_id)), status, HEADERS)
    facts = RequestFacts.of(scope, redaction)
    return page_answer(problem_page(problem, facts, editor, log_id, refresh(scope, reloads=reloads)), status)


def answer_as_text(error: BaseException, scope: Scope) -> str:
    """What the developer reads of an error without a page."""
    problem = with_warnings(problem_of(error, redaction_of(scope)), scope)
    return replace_surrogates(problem_text(problem, getattr(error, "log_id", "")))


def with_warnings(problem: Problem, scope: Scope) -> Problem:
    """The problem with the warnings about its files."""
    routes = getattr(scope.get("app"), "loaded_routes", None)
    if routes is None or not problem.frames:  # a file that can't be loaded says itself what is wrong
        return problem
    files = problem.files
    found = (str(warning) for warning in routes.warnings if warning.place is not None and warning.place.file in files)
    return replace(problem, warnings=tuple(dict.fromkeys(found)))


class _ProblemDetails(JSONResponse):
    media_type = "application/problem+json"


def page_answer(document: str, status: int) -> Response:
    return HTMLResponse(document, status, {**HEADERS, "Content-Security-Policy": POLICY})


def format_for(headers: Headers) -> str:
    """What a client gets: "html" if it names HTML and isn't htmx, which would put the page into a part of another."""
    kind = preferred_format(",".join(headers.getlist("accept")))
    if kind == "json":
        return "json"
    return "html" if kind == "html" and "hx-request" not in headers else "text"


def refresh(scope: Scope, *, reloads: bool) -> Template:
    """What makes a page reload itself: the script of open pages, where there is one and it runs; else the browser."""
    if not reloads:
        return t""
    meta = t'<meta http-equiv="refresh" content="{RELOAD_AFTER}">'
    return t"<noscript>{meta}</noscript>" if is_navigation(Headers(scope=scope)) else meta
