"""The attributes that browser libraries read, as data: what each library does with a value.

A library reads an attribute if `strips` leaves a name that `names` matches. The name consists of a stem and, for some,
a key: `data-attr:href__case.kebab` has the stem `attr` and the key `href`. Modifiers don't change what a stem means.
An attribute that is not listed here as harmless has the library's `rest`, which runs as code.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import field

from hyperpy.lazy import lazy_pattern
from hyperpy.record_classes import record
from hyperpy.templates.syntax.holes import Context


@record(frozen=True, slots=True)
class Library:
    """`contexts` are by `stem:key`, by `stem:*` for any other key, or by `stem`.

    `binds` are the stems that set another attribute, and its name, or "" if it is their key. `objects` says whether
    such a stem may be used without a key: then its value is an object of attributes.
    """

    title: str
    names: re.Pattern[str]
    contexts: Mapping[str, Context]
    rest: Context = Context.SCRIPT
    strips: re.Pattern[str] | None = None
    binds: Mapping[str, str] = field(default_factory=dict)
    objects: bool = False


@record(frozen=True, slots=True)
class Reading:
    """How a library treats an attribute. `target` is the attribute that it sets: "" if several, None if none."""

    library: Library
    context: Context
    target: str | None


def _all(context: Context, names: str) -> Iterable[tuple[str, Context]]:
    return ((name, context) for name in names.split())


# https://htmx.org/reference/, https://four.htmx.org/reference/, and the extensions in the packages of both.
HTMX = Library(
    "htmx",
    # With `metaCharacter`, htmx 4 reads another character in place of the colon.
    names=lazy_pattern(
        r"(?P<stem>hx-(?:on|live|status|target|sse|ws|multipart)(?![a-z0-9])|(?:hx|sse|ws)-[a-z0-9]+(?:-[a-z0-9]+)*)"
        r"(?:[^a-z0-9]+(?P<key>.*))?|(?:hx|sse|ws)-.*|include-vals"
    ),
    strips=lazy_pattern(r"\Adata-(?=(?:hx|sse|ws|include)-)|(?:[^a-z0-9](?:inherited|append))+\Z"),
    contexts=dict(
        [
            *_all(
                Context.PLAIN,
                "hx-alpine-compat hx-browser-indicator hx-disable hx-disable-element hx-disabled-elt hx-disinherit "
                "hx-download hx-encoding hx-ext hx-head hx-history hx-include hx-indicator "
                "hx-inherit hx-method hx-nonce hx-params "
                "hx-pending hx-ptag hx-select hx-select-oob hx-swap-oob "
                "hx-sync hx-target hx-targets hx-upsert hx-validate hx-ws:send sse-close sse-swap ws-send",
            ),
            *_all(Context.BOOLEAN, "hx-history-elt hx-ignore hx-morph-skip hx-morph-skip-children hx-preserve"),
            *_all(
                Context.URL,
                "hx-action hx-delete hx-get hx-multipart:connect hx-patch hx-post hx-push-url hx-put hx-query "
                "hx-replace-url hx-sse:connect hx-ws:connect sse-connect ws-connect",
            ),
            *_all(Context.HTMX_JSON, "hx-headers hx-request hx-vals"),
            *_all(Context.HTMX_TEXT, "hx-confirm hx-prompt"),
            *_all(Context.HTMX_TRIGGER, "hx-multipart:close hx-preload hx-sse:close hx-trigger"),
            ("hx-swap", Context.HTMX_SWAP),
            # htmx 4 merges the others into the request, which has a URL and an HTML response.
            ("hx-boost", Context.WORD),
            *_all(Context.REFUSED, "hx-config hx-live:html hx-status hx-vars"),
        ]
    ),
    binds={"hx-live": ""},  # with a key; alone it runs
)

# https://alpinejs.dev/start-here, with the plugins of the same authors.
ALPINE = Library(
    "Alpine.js",
    # As in its source: the type ends at `:`, `^` or `.`, and at the last character of a word.
    names=lazy_pattern(r"x-(?P<stem>[^:^.]+\b)(?:[^:]*:(?P<key>[a-z0-9_:-]+))?.*|(?:x-|wire:).*", re.ASCII),
    contexts=dict(
        [
            *_all(Context.PLAIN, "cloak collapse ignore mask ref sort:group teleport transition"),
            ("mask:*", Context.SCRIPT),
            ("html", Context.REFUSED),
        ]
    ),
    # Without a key, Alpine puts the values of the object into code again, unescaped.
    binds={"bind": ""},
)

# https://vuejs.org/api/built-in-directives.html. Alpine shares `:` and `@`.
VUE = Library(
    "Vue",
    names=lazy_pattern(r"v-(?P<stem>[^.:]*)(?::(?P<key>[^.]*))?.*|(?P<sign>[:.@#])(?P<named>[^.]*).*"),
    contexts=dict([*_all(Context.PLAIN, "cloak else once pre"), ("html", Context.REFUSED)]),
    binds={"bind": "", ":": "", ".": ""},
    objects=True,
)

# https://data-star.dev/reference/attributes, and the attributes of its versions before 1.0, whose key follows a hyphen.
DATASTAR = Library(
    "Datastar",
    names=lazy_pattern(
        # Its bundle with aliases reads `data-star-`.
        r"data-(?:star-)?(?:(?P<stem>on)[^a-z0-9].*"
        r"|(?P<keyed>attr|class|computed|signals|style)(?:[:.-](?P<key>.*?))?(?:__.*)?"
        r"|(?P<bare>animate|bind|custom-validity|effect|ignore|ignore-morph|indicator|init|json-signals|match-media"
        r"|persist|preserve-attr|query-string|ref|replace-url|scroll-into-view|show|text|view-transition)"
        r"(?:(?:[:.]|__).*)?)"
    ),
    contexts=dict(_all(Context.PLAIN, "bind ignore ignore-morph indicator preserve-attr ref scroll-into-view")),
    binds={"attr": "", "style": "style"},
    objects=True,
)

# https://hyperscript.org/docs/. `hs-include` and `dom-scope` hold selectors.
HYPERSCRIPT = Library(
    "hyperscript",
    names=lazy_pattern("_|(?:data-)?script"),
    contexts={},
    rest=Context.REFUSED,
)

LIBRARIES = (HTMX, ALPINE, VUE, DATASTAR, HYPERSCRIPT)


def reading(name: str) -> Reading | None:
    """How a library treats the attribute with this name, in lower case; None if no library reads it."""
    for library in LIBRARIES:
        if found := library.names.fullmatch(library.strips.sub("", name) if library.strips else name):
            return _reading(library, found.groupdict())
    return None


def _reading(library: Library, found: Mapping[str, str | None]) -> Reading:
    stem = next((found[group] for group in ("stem", "keyed", "bare", "sign") if found.get(group)), None) or ""
    key = found.get("key") or found.get("named")
    names = [f"{stem}:{key}", f"{stem}:*", stem] if key else [stem]
    context = next((library.contexts[name] for name in names if name in library.contexts), None)
    if context is None and stem in library.binds and (key or stem != "hx-live"):
        return Reading(library, Context.SCRIPT, library.binds[stem] or key or "")
    return Reading(library, context or library.rest, None)
