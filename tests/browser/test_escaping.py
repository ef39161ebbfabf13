"""Hostile values in every place of a template, in a real browser: only the template's own code runs."""

from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.templates.tables import Render
from tests.templates.vectors import HOSTILE, NAMES, PLACES

SITE = "http://site.invalid/"
SCHEMES = frozenset({"http:", "https:", "mailto:", "tel:"})

# Triggers every handler, and reads every URL as the browser resolves it.
LOOK = """() => {
  for (const element of document.querySelectorAll("[onclick]")) element.dispatchEvent(new Event("click"));
  const names = ["href", "src", "action", "formAction", "data"];
  const urls = [...document.querySelectorAll("*")].flatMap(element => names.map(name => element[name]));
  const read = urls.filter(url => typeof url === "string" && url).map(url => new URL(url, "http://x/").protocol);
  return { pwned: window.pwned ?? null, schemes: [...new Set(read)] };
}"""


@pytest.fixture
def errors(page: Page) -> list[str]:
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def look(page: Page, body: str) -> dict[str, Any]:
    """Show this page without a network, and return what the browser made of it."""

    def answer(route: Route) -> None:
        is_page = route.request.url == SITE
        route.fulfill(status=200 if is_page else 404, content_type="text/html", body=body if is_page else "")

    page.route("**/*", answer)
    page.goto(SITE)
    seen = page.evaluate(LOOK)
    page.unroute("**/*", answer)
    assert isinstance(seen, dict)
    return seen


def test_nothing_runs(page: Page, errors: list[str]) -> None:
    render = Render(NAMES, in_place=False)
    wrong = []
    for place, source in PLACES.items():
        parts = [render(source, v=value) for value in HOSTILE]
        body = "<!doctype html><meta charset=utf-8><script>function f() {}</script>" + "\n".join(parts)
        seen = look(page, body.encode("utf-8", "replace").decode())
        harmless = {"pwned": None, "schemes": [s for s in seen["schemes"] if s in SCHEMES]}
        # Code stays code with any value.
        if seen != harmless or errors:
            wrong.append((place, seen, errors.copy()))
            errors.clear()
    assert wrong == []


def test_an_unescaped_value_is_noticed(page: Page, errors: list[str]) -> None:
    seen = look(page, "<a href='javascript:1' onclick='pwned=1'></a><script>'</script>")
    assert seen == {"pwned": 1, "schemes": ["javascript:"]}
    assert errors == ["Invalid or unexpected token"]


# Parts of URLs around values, and what the path begins and ends with whatever the values are.
PATHS = [
    ("/a/{x}/z", "/a/", "/z"),
    ("/a/{x}/{x}/z", "/a/", "/z"),
    ("/a/{x}.{x}/z", "/a/", "/z"),
    ("/a/u-{x}/z", "/a/u-", "/z"),
    ("/a/.{x}/z", "/a/", "/z"),
    ("/{x}/z", "/", "/z"),
    ("{''}/{x}/z", "/", "/z"),
    ("http://site.invalid/a/{x}/z", "/a/", "/z"),
    ("/a/{x}{x}{x}", "/a/", None),
    ("/a{x}", "/a", None),
]
IN_PATHS = ("", ".", "..", "/", "\\", "%2e", "%2f", "?", "#", "a", "\t", "&period;", "//x.invalid", ":", "@")


def test_values_stay_in_their_part_of_a_path(page: Page) -> None:
    render = Render(NAMES, in_place=False)
    links = [
        (render(f'<a href="{url}">', x="".join(parts)), start, end)
        for url, start, end in PATHS
        for parts in product(IN_PATHS, repeat=3)
    ]
    look(page, "<!doctype html><main></main>")
    read = """links => links.map(link => {
      const template = document.createElement("template");
      template.innerHTML = link;
      const { host, pathname, search, hash } = new URL(template.content.firstChild.getAttribute("href"), location);
      return [host, pathname, search + hash];
    })"""
    found = page.evaluate(read, [html for html, _, _ in links])
    wrong = []
    for (html, start, end), (host, path, after) in zip(links, found, strict=True):
        is_whole = path.endswith(end) and not after if end else True
        if host != "site.invalid" or not path.startswith(start) or not is_whole:
            wrong.append(html)
    assert wrong == []
