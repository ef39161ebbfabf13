"""Hostile values in every attribute that the source of a browser library reads, with the real library."""

import os
from collections.abc import Iterator
from itertools import cycle

import pytest
from markupsafe import Markup
from playwright.sync_api import Page, Route

from hyperpy.exceptions import TemplateError
from hyperpy.templates import render_template
from tests.browser.libraries import HOSTILE, HOSTILE_MAPPINGS, SUBJECTS, Sources, Subject, sources_of
from tests.templates.tables import literal, template

SITE = "http://site.invalid/"
PAGE = """<!doctype html><meta charset=utf-8><title>x</title>%s<body><script>
window.confirm = () => true; window.prompt = () => "x"; window.alert = () => 0;
window.fetch = async () => new Response("<p>answer</p>", { headers: { "content-type": "text/html" } });
window.XMLHttpRequest = class extends EventTarget {
  upload = new EventTarget(); status = 200; response = "<p>answer</p>"; responseURL = "/x";
  open() {} overrideMimeType() {} setRequestHeader() {} abort() {}
  getAllResponseHeaders() { return "" } getResponseHeader() { return null }
  send() { queueMicrotask(() => this.onload?.()) }
};
for (const name of ["log", "info", "debug", "warn", "error", "trace"]) console[name] = () => 0;
for (const name of ["error", "unhandledrejection"]) addEventListener(name, event => event.preventDefault());
window.schemes = new Set(); window.culprits = [];
for (const name of ["click", "submit"]) document.addEventListener(name, event => event.preventDefault());
const turn = () => new Promise(resolve => {
  const channel = new MessageChannel();
  channel.port1.onmessage = resolve;
  channel.port2.postMessage(0);
});
const process = e => { %s };
function look(root) {
  for (const e of [root, ...root.querySelectorAll("*")]) {
    for (const name of ["href", "src", "action", "formAction", "data"]) {
      const url = e[name]?.baseVal ?? e[name];
      if (typeof url === "string" && url) { try { schemes.add(new URL(url, "http://x/").protocol) } catch {} }
    }
    for (const a of e.attributes) if (/^on|^srcdoc$/.test(a.name)) schemes.add(a.name);
  }
}
async function attack(elements) {
  const box = document.createElement("div");
  document.body.append(box);
  for (const html of elements) {
    const part = document.createElement("template");
    part.innerHTML = html;
    const e = part.content.firstElementChild;
    if (!e) continue;
    box.append(e);
    try { process(e) } catch {}
    await turn();
    for (const name of ["click", "input", "keydown", "mouseover", "submit", "x", "htmx:load"])
      { try { e.dispatchEvent(new Event(name, {bubbles: true, cancelable: true})) } catch {} }
    await turn();
    look(box);
    if (window.pwned || [...schemes].some(s => /script|^on|srcdoc|^data:/.test(s))) {
      culprits.push(html); delete window.pwned; schemes.clear();
    }
    e.remove();
  }
  for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
  await new Promise(resolve => setTimeout(resolve, %d));
  look(document.body);
  if (window.pwned) culprits.push("later");
  return culprits;
}
</script>"""


def box(**attributes: object) -> object:
    return template("<p {attributes:**}>a</p>", {"attributes": attributes})


def wrap(slot: object) -> object:
    return slot


# `ATTACKS=all pytest tests/browser/test_libraries.py` takes an hour.
EVERY = os.environ.get("ATTACKS") == "all"


def attacks(subject: Subject, sources: Sources) -> Iterator[str]:
    """The HTML of elements with a hostile value, for each attribute and each way to write it. Errors refuse some.

    Attributes whose name only has another prefix or suffix get one way in eight, in turn.
    """
    values, mappings, turns = cycle(HOSTILE), cycle(HOSTILE_MAPPINGS), cycle(range(8))
    for name, is_variant in subject.names(sources):
        ways = list(sources_of(subject.element, name))
        for source, takes_mapping in ways[next(turns) :: 8] if is_variant and not EVERY else ways:
            code = compile(literal(source), "attack", "eval")
            values_of_kind = HOSTILE_MAPPINGS if takes_mapping else HOSTILE
            for value in values_of_kind if EVERY else [next(mappings if takes_mapping else values)]:
                try:
                    yield render_template(eval(code, {"v": value, "box": box, "wrap": wrap, "Markup": Markup}))
                except TemplateError:
                    break
                except TypeError, KeyError:
                    continue


def load(page: Page, subject: Subject, sources: Sources) -> None:
    """Open a page with the library."""
    kind = "type=module" if subject.is_module else "defer"
    files = {f"/{i}.js": text for i, text in enumerate(t for p in subject.packages for t in sources[p].values())}
    head = "".join(f"<script {kind} src={path}></script>" for path in files)
    body = PAGE % (head, subject.start, 200)

    def answer(route: Route) -> None:
        path = "/" + route.request.url.removeprefix(SITE)
        if path in files:
            route.fulfill(status=200, content_type="text/javascript", body=files[path])
        else:
            route.fulfill(status=200, content_type="text/html", body=body if path == "/" else "<p>answer</p>")

    page.route("**/*", answer)
    page.goto(SITE)


def run(page: Page, elements: list[str]) -> list[str]:
    """The elements that ran something, or set a URL or a handler that would."""
    found = page.evaluate("elements => attack(elements)", elements)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.title)
def test_only_what_the_author_wrote_runs(page: Page, sources: Sources, subject: Subject) -> None:
    elements = list(dict.fromkeys(attacks(subject, sources)))
    assert len(elements) > 20
    load(page, subject, sources)
    assert run(page, elements) == []
    assert run(page, [subject.proof])[0] == subject.proof  # it may run again later
