"""Attribute values → HTML. The functions that take a `head` return a whole attribute, or "" to omit it.

`head` is the attribute's name with the white space before it. Values are never Templates: those have become Markup.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from string.templatelib import Template
from types import BuiltinFunctionType, FunctionType, MethodType

from hyperpy.templates.escape import decoded, escape_html, escape_str, exact
from hyperpy.templates.escaping.reports import ValueLocation
from hyperpy.templates.escaping.trusted import TrustedURL
from hyperpy.templates.escaping.url_values import (
    BLOCKED,
    CHECKS,
    CLIMBS,
    PATH_MODES,
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
    refuse_deferred,
    refuse_items,
    refuse_textless,
    refuse_unfit,
)
from hyperpy.templates.syntax.holes import HoleMode
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


def boolean(head: str, value: object) -> str:
    """An attribute that its presence sets, https://html.spec.whatwg.org/multipage/common-microsyntaxes.html#boolean-attributes

    A value that is false omits it: 0, as databases have it, and "", as from `"checked" if done else ""`, too.
    """
    if not value:
        return ""
    if isinstance(value, str) or is_html(value):
        return f'{head}="{text}"' if (text := value_text(value)) else ""
    if isinstance(value, Iterator):
        raise Problem(f"{describe(value)} is always true", "Write any(…), or collect the items in a list.")
    if isinstance(value, type | FunctionType | BuiltinFunctionType | MethodType):
        refuse_textless(value)
    refuse_deferred(value)
    return head


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
    text = escaped_url(location.context, value if type(value) is str else _plain_url(value))
    if text is None:
        location.warn(value, BLOCKED)
        text = BLOCKED
    return f'{head}="{text}"'


def _plain_url(value: object) -> str:
    if isinstance(value, BuiltinFunctionType | FunctionType | MethodType):
        hint = 'A browser sends requests to URLs. Write the URL of the route file that answers, such as "/save".'
        raise Problem(f"the function `{value.__name__}` is not a URL", hint)
    return plain(value)


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
        location.warn(value, "nothing", CLIMBS if mode in PATH_MODES else "")
        return ""
    return text


def class_names(value: object) -> str:
    """Join class names from strings, lists and dicts. The result is not escaped."""
    if type(value) is str:
        return value
    names = plain_names(value if type(value) is list else [value])
    return " ".join(filter(None, _collected_names(value))) if names is None else names


def more_class_names(value: object) -> str:
    """The HTML that a value adds to a class attribute that has names already."""
    names = class_names([value])
    return f" {escape_str(names)}" if names else ""


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
