"""The attributes of tags that spread a mapping: their names, and so their contexts, are known only at run time."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, cast

from hyperpy.templates.escape import exact
from hyperpy.templates.escaping.attributes import aria, attribute, boolean, class_attribute, url
from hyperpy.templates.escaping.bound_values import binding, bindings, htmx_json
from hyperpy.templates.escaping.reports import ValueLocation
from hyperpy.templates.escaping.script_values import script_attribute, srcdoc_attribute
from hyperpy.templates.escaping.styles import style_attribute, style_value_attribute
from hyperpy.templates.escaping.tag_attributes import PLAIN, FixedAttributes, TagAttributes
from hyperpy.templates.escaping.url_values import CHECKS
from hyperpy.templates.escaping.value_kinds import describe
from hyperpy.templates.syntax.attribute_values import words_of
from hyperpy.templates.syntax.contexts import DICTS, SAFE_NAME, context_from_data, html_name, why_refused
from hyperpy.templates.syntax.holes import Context
from hyperpy.templates.syntax.problems import Problem

# The functions for whole attributes by context. Those of LOCATED take a ValueLocation first, for their warnings.
WRITERS: dict[Context, Callable[..., str]] = {
    Context.PLAIN: attribute,
    Context.BOOLEAN: boolean,
    Context.ARIA: aria,
    Context.CLASS: class_attribute,
    Context.STYLE: style_attribute,
    Context.STYLE_VALUE: style_value_attribute,
    Context.SCRIPT: script_attribute,
    Context.BINDING: binding,
    Context.BINDINGS: bindings,
    Context.SRCDOC: srcdoc_attribute,
    **dict.fromkeys(CHECKS, url),
    Context.HTMX_JSON: htmx_json,
}
LOCATED = frozenset({Context.STYLE, Context.STYLE_VALUE, Context.BINDING, Context.BINDINGS, *CHECKS})

# The attributes of tags with spreads, by all that decides them. Most pages spread the same again and again.
_known: dict[tuple[object, ...], str] = {}
_MOST_KNOWN: Final = 1000
_LONGEST_KNOWN: Final = 2000  # characters
_MOST_PLACES: Final = 16  # kinds of tags for which fixed attributes keep their HTML
_STR: Final = frozenset({str})


def merged(words: str, tag: str, entries: tuple[tuple[str | None, object], ...]) -> str:
    """All attributes of a tag that has a spread. If a name occurs more than once, the last one wins.

    An entry is the lower-case name and the HTML of an attribute, or None and a mapping to spread.
    """
    key = _key_of(words, tag, entries)
    if key is None:
        return _merged(words, tag, entries)
    found = _known.get(key)
    if found is None:
        found = _merged(words, tag, entries)
        if len(found) <= _LONGEST_KNOWN and not _may_report(tag, entries):
            if len(_known) >= _MOST_KNOWN:
                _known.clear()
            _known[key] = found
    return found


type Entries = tuple[tuple[str | None, object], ...]


def spread_among(
    words: str, key: tuple[str, Entries, Entries], value: object, rendered: Callable[[object], object]
) -> str:
    """All attributes of a tag with one spread, whose other attributes are static.

    The `key` is the tag, with the attributes before and after the spread. `rendered` prepares the value of a spread.
    """
    html = value.html if isinstance(value, FixedAttributes) else None
    if html is not None and (known := html.get(key)) is not None:
        return known
    tag, before, after = key
    entries = (*before, (None, rendered(value)), *after)
    found = merged(words, tag, entries)
    if html is not None and len(html) < _MOST_PLACES and not _may_report(tag, entries):
        html[key] = found
    return found


def _key_of(words: str, tag: str, entries: tuple[tuple[str | None, object], ...]) -> tuple[object, ...] | None:
    """Everything that decides the attributes, if it is all text, whole numbers and booleans; otherwise None.

    The types belong to it: True and 1 are equal, and written differently.
    """
    key: list[object] = [words, tag]
    for name, value in entries:
        if name is not None:
            key += (name, value)
            continue
        kind = type(value)
        if kind is not dict and not issubclass(kind, TagAttributes):
            return None
        mapping = cast(dict[object, object], value)
        kinds = tuple(map(type, mapping.values()))
        if not (PLAIN.issuperset(kinds) and _STR.issuperset(map(type, mapping))):
            return None
        key += (None, kind, *mapping.items(), kinds)
    return tuple(key)


def _may_report(tag: str, entries: tuple[tuple[str | None, object], ...]) -> bool:
    """Whether an attribute's value can be refused with a line in the log, which has to come each time."""
    mappings = (cast(dict[str, object], value) for name, value in entries if name is None)
    return any(_writer(tag, _key(key))[2] is not None for mapping in mappings for key in mapping)


def _merged(words: str, tag: str, entries: tuple[tuple[str | None, object], ...]) -> str:
    attributes: dict[str, str] = {}
    for name, value in entries:
        if name is not None:
            assert isinstance(value, str)
            attributes[name] = value
            continue
        if value is not None and not isinstance(value, Mapping):
            raise Problem(f"`:**` spreads a mapping, not {describe(value)}")
        if isinstance(value, TagAttributes):
            value = value.for_tag(tag)
        for key, item in value.items() if value is not None else ():
            if key in DICTS and isinstance(item, Mapping):
                for inner, each in item.items():
                    _add(attributes, words, tag, f"{key}-{_key(inner)}", each)
            else:
                _add(attributes, words, tag, _key(key), item)
    return "".join(attributes.values())


def _key(key: object) -> str:
    """Return a mapping's key as an attribute name. Raise Problem if it has characters that could end the name."""
    if not isinstance(key, str):
        raise Problem(f"attribute names must be str, not {describe(key)}")
    return _checked_name(exact(key))


@lru_cache(1024)
def _checked_name(key: str) -> str:
    name = html_name(key)
    if not SAFE_NAME.fullmatch(name):
        raise Problem(
            f"invalid attribute name: {key!r}",
            "Names in a mapping can contain letters, digits, `-`, `_`, `.` and `:`.",
        )
    return name


def _add(attributes: dict[str, str], words: str, tag: str, name: str, value: object) -> None:
    """Add an attribute whose name, and therefore context, is known only at run time."""
    lower, head, context, write = _writer(tag, name)
    if context is None:
        attributes[lower] = write(head, value)
    else:
        attributes[lower] = write(ValueLocation(words, tag, name, context), head, value)


@lru_cache(2048)
def _writer(tag: str, name: str) -> tuple[str, str, Context | None, Callable[..., str]]:
    """The lower-case name, the head, the context if the function needs a ValueLocation, and the function.

    Raises Problem if a mapping can't have an attribute of that name.
    """
    lower = name.lower()
    context = context_from_data(tag, lower)
    if context is Context.REFUSED:
        raise Problem(*why_refused(tag, name))
    return lower, f" {name}", context if context in LOCATED else None, _worded(tag, name, WRITERS[context])


def _worded(tag: str, name: str, write: Callable[..., str]) -> Callable[..., str]:
    """The function for an attribute that may have words for True and False."""
    if (words := words_of(tag, name)) is None:
        return write
    texts = {
        value: "" if word is None else f' {name}="{word}"' for value, word in zip((True, False), words, strict=True)
    }

    def worded(*arguments: object) -> str:
        value = arguments[-1]
        return texts[bool(value)] if isinstance(value, int | float) and value in texts else write(*arguments)

    return worded
