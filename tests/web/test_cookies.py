"""Cookies that a route sets: their defaults, and attributes that would mean something else."""

from collections.abc import Callable
from pathlib import Path

import pytest

import hyperpy
from hyperpy import HyperError, Response
from tests.support.clients import client_of

DEFAULTS = """
from hyperpy import JSONResponse, redirect, request, response
response.set_cookie("a", "1")
response.set_cookie("b", "2", httponly=False, secure=True, samesite="strict")
response.delete_cookie("c")
response.set_cookie("__Host-d", "4")
response.set_cookie("e", "5", samesite="none", secure=False)
if request.query_params.get("as") == "redirect":
    answer = redirect("/x")
    answer.set_cookie("f", "6")
elif request.query_params.get("as") == "json":
    answer = JSONResponse({})
    answer.set_cookie("g", "7")
    response = answer
t"page"
"""


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_defaults(tmp_path: Path, scheme: str) -> None:
    secure = "; Secure" if scheme == "https" else ""
    expected = [
        f"a=1; HttpOnly; Path=/; SameSite=lax{secure}",
        "b=2; Path=/; SameSite=strict; Secure",
        f'c=""; HttpOnly; Max-Age=0; Path=/; SameSite=lax{secure}; expires=…',
        "__Host-d=4; HttpOnly; Path=/; SameSite=lax; Secure",
        "e=5; HttpOnly; Path=/; SameSite=none",
    ]
    own = {"page": [], "redirect": [f"f=6; HttpOnly; Path=/; SameSite=lax{secure}"]}
    own["json"] = [f"g=7; HttpOnly; Path=/; SameSite=lax{secure}"]
    (tmp_path / "index.py").write_text(DEFAULTS)
    async with client_of(hyperpy.Hyper(tmp_path, static=None)) as http:
        for kind, more in own.items():
            answer = await http.get(f"{scheme}://testserver/?as={kind}")
            cookies = [_without_date(cookie) for cookie in answer.headers.get_list("set-cookie")]
            assert sorted(cookies) == sorted(expected + more), kind


def _without_date(cookie: str) -> str:
    """The cookie with its attributes in one order, and without the date of one that is deleted."""
    name, *attributes = cookie.split("; ")
    shown = ["expires=…" if attribute.startswith("expires=") else attribute for attribute in attributes]
    return "; ".join([name, *sorted(shown)])


KINDS = (Response, hyperpy.HTMLResponse, hyperpy.PlainTextResponse)
INVALID: dict[str, Callable[[Response], None]] = {
    "path": lambda response: response.set_cookie("a", path="/; Domain=evil.example"),
    "path with a control character": lambda response: response.set_cookie("a", path="/\tx"),
    "domain": lambda response: response.set_cookie("a", domain="a.example; Secure"),
    "expires": lambda response: response.set_cookie("a", expires="x; Domain=evil.example"),
    "deleted": lambda response: response.delete_cookie("a", path="/;Domain=evil.example"),
    "host with a domain": lambda response: response.set_cookie("__Host-a", domain="a.example"),
    "host with a path": lambda response: response.set_cookie("__Host-a", path="/x"),
}


def test_attributes_that_would_mean_something_else() -> None:
    raised = []
    for name, set_cookie in INVALID.items():
        for kind in KINDS:
            response = kind()
            try:
                set_cookie(response)
            except HyperError as error:
                raised.append((name, kind, error.place and error.place.file))
    assert raised == [(name, kind, __file__) for name in INVALID for kind in KINDS]
