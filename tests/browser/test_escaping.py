"""Hostile values in every place of a template, in a real browser: nothing runs that the template does not hold."""

import pytest
from playwright.sync_api import Page, Route

from tests.templates.tables import Render
from tests.templates.vectors import HOSTILE, NAMES, PLACES

SITE = "http://site.invalid/"

# Each handler is set off, and each URL read as the browser reads it.
LOOK = """() => {
  for (const element of document.querySelectorAll("[onclick]")) element.dispatchEvent(new Event("click"));
  const names = ["href", "src", "action", "formAction", "data"];
  const urls = [...document.querySelectorAll("*")].flatMap(element => names.map(name => element[name]));
  const read = urls.filter(url => typeof url === "string" && url).map(url => new URL(url, "http://x/").protocol);
  return { pwned: window.pwned ?? null, schemes: [...new Set(read)] };
}"""


@pytest.fixture
def errors(page: Page) -> list[str]:
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    return told


def look(page: Page, body: str) -> dict[str, object]:
    """Shows this page, alone in the world, and says what became of it."""

    def answer(route: Route) -> None:
        is_page = route.request.url == SITE
        route.fulfill(status=200 if is_page else 404, content_type="text/html", body=body if is_page else "")

    page.route("**/*", answer)
    page.goto(SITE)
    seen = page.evaluate(LOOK)
    assert isinstance(seen, dict)
    return seen


@pytest.mark.parametrize("place", PLACES)
def test_nothing_runs(page: Page, errors: list[str], place: str) -> None:
    render = Render(NAMES, in_place=False)
    parts = [render(PLACES[place], v=value) for value in HOSTILE]
    body = "<!doctype html><meta charset=utf-8><script>function f() {}</script>" + "\n".join(parts)
    seen = look(page, body.encode("utf-8", "replace").decode())
    assert seen["pwned"] is None
    assert set(seen["schemes"]) <= {"http:", "https:", "mailto:", "tel:"}
    # Code stays code, whatever the value.
    assert errors == []


def test_it_would_be_noticed(page: Page, errors: list[str]) -> None:
    seen = look(page, "<a href='javascript:1' onclick='pwned=1'></a><script>'</script>")
    assert seen == {"pwned": 1, "schemes": ["javascript:"]}
    assert errors == ["Invalid or unexpected token"]
