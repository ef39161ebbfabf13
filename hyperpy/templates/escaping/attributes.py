"""Attribute values → HTML. The functions that take a `head` return a whole attribute, or "" to omit it.

`head` is the attribute's name with the white space before it. Values are never Templates: those have become Markup.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from string.templatelib import Template
from typing import Final, cast

from hyperpy.templates.escape import decoded, escape_html, escape_str, exact
from hyperpy.templates.escaping.bound_values import binding, bindings
from hyperpy.templates.escaping.reports import ValueLocation
from hyperpy.templates.escaping.script_values import json_part, script_attribute, srcdoc_attribute
from hyperpy.templates.escaping.styles import style_attribute, style_value_attribute
from hyperpy.templates.escaping.tag_attributes import PLAIN, FixedAttributes, TagAttributes
from hyperpy.templates.escaping.trusted import TrustedJS, TrustedURL
from hyperpy.templates.escaping.url_values import (
    BLOCKED,
    CHECKS,
    STRIPPED,
    after_root,
    escaped_part,
    escaped_url,
    plain,
)
from hyperpy.templates.escaping.value_kinds import (
    describe,
    html_of,
    is_html,
    refuse_items,
    refuse_textless,
    refuse_unfit,
)
from hyperpy.templates.syntax.contexts import DICTS, SAFE_NAME, context_from_data, html_name, why_refused
from hyperpy.templates.syntax.nodes import Context, HoleMode
from hyperpy.templates.syntax.problems import Problem
from hyperpy.templates.syntax.url_holes import ROOTS, SINGLE


def value_text(value: object) -> str:
    """Escape a value inside quotes. None and booleans become empty text."""
    kind = type(value)
    if kind is str:
        return escape_str(value)  # type: ignore[arg-type]
    if kind is int or kind is float:
        return str(value)
    if value is None or kind is bool:
        return ""
    if is_html(value):
        return escape_html(html_of(value))
    if isinstance(value, str):
        return escape_str(exact(str(value)))
    refuse_unfit(value)
    refuse_items(value, " ")
    return escape_str(exact(str(value)))


def attribute(head: str, value: object) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return head
    return f'{head}="{value_text(value)}"'


def aria(head: str, value: object) -> str:
    """ARIA attributes have values: booleans are the words `true` and `false`, https://www.w3.org/TR/wai-aria/#propcharacteristic_value."""
    if value is True or value is False:
        return f'{head}="{str(value).lower()}"'
    return attribute(head, value)


def url(location: ValueLocation, head: str, value: object) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return head
    if type(value) is TrustedURL:
        return f'{head}="{escape_str(exact(value))}"'
    if location.context is Context.HTMX_JSON and (not isinstance(value, str) or type(value) is TrustedJS):
        return f'{head}="{json_part(value)}"'
    text = escaped_url(location.context, value if type(value) is str else plain(value))
    if text is None:
        location.warn(value, BLOCKED)
        text = BLOCKED
    return f'{head}="{text}"'


def url_text(location: ValueLocation, markup: str, first: object = None) -> str:
    """Return an escaped URL, or #blocked if it is unsafe. `first` is the value that it begins with, if any."""
    context = location.context
    is_empty = first is None or isinstance(first, bool) or not str(first).strip(STRIPPED)
    if markup.startswith(ROOTS) and is_empty and context in SINGLE:
        markup = f"/{after_root(markup)}"
    # A trusted start that has at least a whole scheme needs no check.
    is_trusted = type(first) is TrustedURL and context in SINGLE and re.search("[/?#:]", first)
    if is_trusted or CHECKS[context](decoded(markup)):
        return markup
    location.warn(markup, BLOCKED)
    return BLOCKED


def url_part(location: ValueLocation, mode: HoleMode, value: object) -> str:
    """Escape a value inside a URL. Invalid values become empty text."""
    text = escaped_part(mode, value)
    if text is None:
        location.warn(value, "nothing")
        return ""
    return text


def class_names(value: object) -> str:
    """Join class names from strings, lists and dicts. The result is not escaped."""
    if type(value) is str:
        return value
    names = plain_names(value if type(value) is list else [value])
    return " ".join(filter(None, _collected_names(value))) if names is None else names


def plain_names(items: list[object]) -> str | None:
    """Join the names of a list of strings and dicts, the common case; None if there is anything else in it."""
    names = ""
    for item in items:
        if type(item) is str:
            if item:
                names = f"{names} {item}" if names else item
        elif type(item) is dict:
            for name in item:
                if type(name) is not str:
                    return None
                if item[name] and name:
                    names = f"{names} {name}" if names else name
        elif item is not None:
            return None
    return names


def _collected_names(value: object) -> Iterator[str]:
    """Collect the names in any other value."""
    if value is None or value is True or value is False:
        return
    if isinstance(value, str):
        yield exact(str(value))
    elif isinstance(value, Mapping):
        for name, is_on in value.items():
            if is_on:
                yield from _collected_names(name)
    elif isinstance(value, Template):
        raise Problem("a class name can't be a t-string")
    else:
        refuse_unfit(value)
        if not isinstance(value, Iterable):
            refuse_textless(value)
            yield exact(str(value))
        else:
            for item in value:
                yield from _collected_names(item)


def class_attribute(head: str, value: object) -> str:
    """Collections without names omit the attribute; an empty str does not."""
    if isinstance(value, str) or value is None or value is True or value is False:
        return attribute(head, value)
    names = class_names(value)
    return f'{head}="{escape_str(names)}"' if names else ""


def class_text(value: object) -> str:
    """A value inside the quotes of a class attribute."""
    return escape_str(class_names(value))


# The functions for whole attributes by context. Those of LOCATED take a ValueLocation first, for their warnings.
WRITERS: dict[Context, Callable[..., str]] = {
    Context.PLAIN: attribute,
    Context.ARIA: aria,
    Context.CLASS: class_attribute,
    Context.STYLE: style_attribute,
    Context.STYLE_VALUE: style_value_attribute,
    Context.SCRIPT: script_attribute,
    Context.BINDING: binding,
    Context.BINDINGS: bindings,
    Context.SRCDOC: srcdoc_attribute,
    **dict.fromkeys(CHECKS, url),
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
    return lower, f" {name}", context if context in LOCATED else None, WRITERS[context]
