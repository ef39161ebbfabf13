"""The events that Datastar understands: patches of elements and of signals, https://data-star.dev/reference/sse_events."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass
from string.templatelib import Template
from typing import Final, Literal

from hyperpy.exceptions import EventError, did_you_mean
from hyperpy.lazy import is_model
from hyperpy.pages import current
from hyperpy.streams.events import Event, becomes_html
from hyperpy.streams.framing import unified
from hyperpy.templates import markup, render_template, render_text
from hyperpy.templates.escaping.script_values import json_value
from hyperpy.templates.escaping.value_kinds import describe
from hyperpy.templates.syntax.contexts import VOID
from hyperpy.templates.syntax.problems import Problem

type Mode = Literal["outer", "inner", "replace", "prepend", "append", "before", "after"]
type Namespace = Literal["html", "svg", "mathml"]

PATCH_ELEMENTS: Final = "datastar-patch-elements"
PATCH_SIGNALS: Final = "datastar-patch-signals"
# Any event whose name begins like this reaches the listeners of a page; see `datastar-fetch`.
PREFIX: Final = "datastar-"

MODES: Final = ("outer", "inner", "replace", "prepend", "append", "before", "after")
NAMESPACES: Final = ("html", "svg", "mathml")

# Datastar finds the target of an element without a selector by its id in these modes, and in no other.
_BY_ID: Final = frozenset(("outer", "replace"))
_DOCUMENT: Final = re.compile(r"(?:<!--.*?-->\s*)*+<(?:!doctype|html)\b", re.IGNORECASE | re.DOTALL)
_TAG: Final = r"<(?P<end>/?)(?P<tag>[a-z][^\s/>]*+)(?P<attributes>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>"
_FIRST_TAG: Final = re.compile(r"(?:<!--.*?-->\s*)*+" + _TAG, re.IGNORECASE | re.DOTALL)
_TOKEN: Final = re.compile(rf"<!--.*?-->|<![^>]*>|{_TAG}|[^<]+|<", re.IGNORECASE | re.DOTALL)
_QUOTED: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_ID: Final = re.compile(r"\sid(?=[\s=]|\Z)", re.IGNORECASE)
# Datastar finds these by their names, if the end tag is there as well.
_UNIQUE: Final = frozenset(("html", "head", "body"))
# Their content has no tags.
_RAW: Final = frozenset(("script", "style", "textarea", "title"))


def elements_event(
    content: object,
    *,
    selector: str | None = None,
    mode: str = "outer",
    use_view_transition: bool = False,
    namespace: str = "html",
) -> Event:
    """The event that patches elements into the page. Raises EventError for content that has no target there."""
    html = unified(html_of(content))
    if is_document(html) and selector is None:
        html = complete_document(html)
    elif selector is None:
        _check_targets(html)
    lines = _options(selector, mode, use_view_transition, namespace)
    return Event(markup("\n".join([*lines, _elements(html)])), event=PATCH_ELEMENTS)


def removal_event(selector: str, *, use_view_transition: bool = False) -> Event:
    return Event(markup("\n".join(_options(selector, "remove", use_view_transition, "html"))), event=PATCH_ELEMENTS)


def signals_event(signals: object, *, only_if_missing: bool = False) -> Event:
    """The event that merges signals into those of the page, as JSON."""
    text = _signals_json(signals)
    start = "onlyIfMissing true\n" if only_if_missing else ""
    return Event(markup(f"{start}signals {text}"), event=PATCH_SIGNALS)


def error_event(error: Mapping[str, object], retry: int) -> Event:
    """What `stream-error` is to other clients. Datastar passes it on to the page as a `datastar-fetch` event."""
    lines = "\n".join(f"{name} {line}" for name, value in error.items() for line in unified(str(value)).split("\n"))
    return Event(markup(lines), event=f"{PREFIX}stream-error", retry=retry)


def html_of(content: object) -> str:
    """The HTML of what a patch is made of. Raises EventError for anything else."""
    if isinstance(content, Template):
        return render_template(content).strip()
    if not becomes_html(content):
        hint = 'Pass HTML: ds.patch(t"<p id=\'news\'>{news}</p>"). For values: ds.signals({"news": news})'
        raise EventError(f"a patch must be HTML, not {type(content).__name__}", hint=hint)
    return render_text(content).strip()


def is_document(html: str) -> bool:
    return _DOCUMENT.match(html) is not None


def complete_document(html: str) -> str:
    """The document with the end tag by which Datastar knows one."""
    return html if "</html>" in html else f"{html}</html>"


def check_options(selector: str | None, mode: str, namespace: str) -> None:
    """Raise EventError for options that Datastar doesn't have, or that don't go together."""
    _options(selector, mode, use_view_transition=False, namespace=namespace)
    if mode == "remove":
        raise EventError("a patch that removes elements has no content", hint='Write: ds.remove("#news")')
    if selector is None and mode not in _BY_ID:
        hint = f'Say where: ds.patch(t"…", selector="#list", mode="{mode}")'
        raise EventError(f"a patch with the mode {mode!r} needs a selector", hint=hint)


def _check_targets(html: str) -> None:
    """Raise EventError if an element has no id, by which Datastar would find the one to patch.

    In debug mode all elements are looked at, which takes time, otherwise the first.
    """
    first = _FIRST_TAG.match(html)
    if first is None:
        hint = 'Write an element with an id, or say where: ds.patch(t"…", selector="#news", mode="inner")'
        raise EventError(f"a patch for Datastar needs an element, not the text {html!r:.60}", hint=hint)
    if first["tag"].lower() not in _UNIQUE and not _has_id(first):
        raise _no_target(f"<{first['tag']}>")
    run = current.get(None)
    if run is not None and run.is_strict:
        for root in _without_target(html):
            raise _no_target(root)


def _no_target(what: str) -> EventError:
    hint = (
        "Datastar replaces the element of the page that has the same id. Give each element an id,\n"
        'or say where: ds.patch(t"…", selector="#list", mode="append")'
    )
    return EventError(f"Datastar can't tell which element of the page {what} is to patch: it has no id", hint=hint)


def _without_target(html: str) -> Iterator[str]:
    """What stands at the top of some HTML and has no id."""
    depth, raw = 0, ""
    for found in _TOKEN.finditer(html):
        name = (found["tag"] or "").lower()
        if raw and not (found["end"] and name == raw):
            continue
        raw = ""
        if not name:
            if not depth and (text := found[0].strip()) and not text.startswith("<!"):
                yield f"the text {text!r:.40}"
        elif found["end"]:
            depth = max(depth - 1, 0)
        else:
            if not depth and name not in _UNIQUE and not _has_id(found):
                yield f"<{name}>"
            is_whole = name in VOID or (found["attributes"].endswith("/") and (depth or name in ("svg", "math")))
            depth += not is_whole
            raw = name if name in _RAW and not is_whole else ""


def _has_id(tag: re.Match[str]) -> bool:
    return _ID.search(_QUOTED.sub("", tag["attributes"])) is not None


def _options(selector: str | None, mode: str, use_view_transition: bool, namespace: str) -> list[str]:
    """The lines before the elements."""
    lines = [f"selector {checked_selector(selector)}"] if selector is not None else []
    if mode not in (*MODES, "remove"):
        raise EventError(f"Datastar has no mode {mode!r:.40}", hint=known_words(mode, MODES))
    if namespace not in NAMESPACES:
        raise EventError(f"Datastar has no namespace {namespace!r:.40}", hint=known_words(namespace, NAMESPACES))
    if mode != "outer":
        lines.append(f"mode {mode}")
    if namespace != "html":
        lines.append(f"namespace {namespace}")
    if use_view_transition:
        lines.append("useViewTransition true")
    return lines


def known_words(name: object, known: Iterable[str]) -> str:
    """The hint for a word that isn't one of those known."""
    near = did_you_mean(name, known) if isinstance(name, str) else ""
    return f"It is one of {', '.join(known)}. {near}".rstrip()


def checked_selector(selector: object) -> str:
    """The selector. Raises EventError for what can't be one."""
    if not isinstance(selector, str):
        raise EventError(f"a selector must be a str, not {type(selector).__name__}", hint='As in: selector="#news"')
    if not selector.strip() or re.search(r"[\r\n\0]", selector):
        raise EventError(f"invalid selector: {selector!r:.80}", hint='Write a CSS selector, such as "#news".')
    return str.__str__(selector)


def _elements(html: str) -> str:
    return "elements " + html.replace("\n", "\nelements ")


def _signals_json(signals: object) -> str:
    is_record = is_model(signals) or (is_dataclass(signals) and not isinstance(signals, type))
    if not (is_record or isinstance(signals, Mapping)):
        hint = 'Pass a dict, a dataclass or a pydantic model: ds.signals({"progress": 50})'
        raise EventError(f"signals have names, and this is {describe(signals)}", hint=hint)
    try:
        text = json_value(signals)
    except Problem as problem:
        raise EventError(f"these signals can't be sent: {problem.what}", hint=problem.hint) from None
    if '"__proto__":' in text:
        raise EventError("a signal can't have the name `__proto__`", hint="It would set the prototype of an object.")
    return text
