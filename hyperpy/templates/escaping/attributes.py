"""What an attribute's value becomes. Every function gives the attribute whole, with the white space before it, or "".

`head` is that white space and the name. A Template has become Markup before it gets here.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from string.templatelib import Template

from hyperpy.templates.deferred import current_host
from hyperpy.templates.escape import escape_html, escape_str, exact
from hyperpy.templates.escaping.css import declarations, is_safe_property, is_safe_value, is_safe_word
from hyperpy.templates.escaping.reports import report
from hyperpy.templates.escaping.script_values import script_attribute
from hyperpy.templates.escaping.trusted import TrustedCSS, TrustedURL
from hyperpy.templates.escaping.url_values import escaped_piece, plain, vouched
from hyperpy.templates.escaping.urls import BLOCKED, escaped_url, markup_is_safe
from hyperpy.templates.escaping.values import html_of, is_html, refuse_unfit, shown
from hyperpy.templates.syntax.contexts import DICTS, SAFE_NAME, context_from_data, html_name, why_refused
from hyperpy.templates.syntax.nodes import Context, HoleMode
from hyperpy.templates.syntax.problems import Problem


@dataclass(frozen=True, slots=True)
class ValueLocation:
    """Where a value stands: the t-string's first words, the element, and the attribute or ""."""

    words: str
    tag: str
    name: str
    context: Context

    def warn(self, value: object, instead: str) -> None:
        """Tells that a value does not fit, and what is sent `instead`. In debug mode it is a Problem."""
        host = current_host.get(None)
        if host is not None and host.is_strict:
            where = f"`{self.name}` of <{self.tag}>" if self.name else f"<{self.tag}>"
            hint = f"This is an error for developers only: visitors are sent {instead}, and the log has a warning."
            raise Problem(f"{where} can't be {shown(value)}", hint)
        report(self.words, self.tag, self.name, shown(value), instead)


def value_text(value: object) -> str:
    """One value inside the quotes: escaped text; None and booleans are nothing."""
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
    if isinstance(value, (list, tuple, set, frozenset, Iterator)):
        raise Problem(f"an attribute can't be {shown(value)}", 'Only class takes a list. Join it: {" ".join(items)}.')
    return escape_str(exact(str(value)))


def attribute(head: str, value: object) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return head
    return f'{head}="{value_text(value)}"'


def aria(head: str, value: object) -> str:
    """ARIA has no bare attributes: its booleans are words, https://www.w3.org/TR/wai-aria/#propcharacteristic_value."""
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
    if location.context is Context.HTMX_JSON and not isinstance(value, str):
        return script_attribute(head, value)
    text = escaped_url(location.context, value if type(value) is str else plain(value))
    if text is None:
        location.warn(value, BLOCKED)
        text = BLOCKED
    return f'{head}="{text}"'


def url_text(location: ValueLocation, markup: str, first: object = None) -> str:
    """The whole value of a URL attribute, already escaped, as it is or blocked. `first` is the value it begins with."""
    if vouched(location.context, first) or markup_is_safe(location.context, markup):
        return markup
    location.warn(markup, BLOCKED)
    return BLOCKED


def url_piece(location: ValueLocation, mode: HoleMode, value: object) -> str:
    """A value inside a URL, or nothing if it is unfit there."""
    text = escaped_piece(mode, value)
    if text is None:
        location.warn(value, "nothing")
        return ""
    return text


def class_names(value: object) -> str:
    """A str, or what lists and dicts of names say, joined by spaces; not escaped."""
    if type(value) is list:
        return _listed(value)
    return value if type(value) is str else _listed([value])


def _listed(items: list[object]) -> str:
    """One level is written out, for it is what pages are full of: ["card", {"done": card.done}]."""
    names = ""
    for item in items:
        if type(item) is str:
            if item:
                names = f"{names} {item}" if names else item
        elif type(item) is dict:
            for name in item:
                if not item[name]:
                    continue
                if type(name) is not str:
                    name = " ".join(_gathered(name))
                names = f"{names} {name}" if names else name
        else:
            names = " ".join(filter(None, (names, *_gathered(item))))
    return names


def _gathered(value: object) -> Iterator[str]:
    """The names in anything that is not as usual."""
    if value is None or value is True or value is False:
        return
    if isinstance(value, str):
        yield exact(str(value))
    elif isinstance(value, Mapping):
        for name, is_on in value.items():
            if is_on:
                yield from _gathered(name)
    elif isinstance(value, Template):
        raise Problem("a t-string can't be the name of a class")
    else:
        refuse_unfit(value)
        if not isinstance(value, Iterable):
            yield exact(str(value))
        else:
            for item in value:
                yield from _gathered(item)


def class_attribute(head: str, value: object) -> str:
    """Lists and dicts that name nothing drop the attribute; an empty str is as it was written."""
    if type(value) is list:
        names = _listed(value)
    elif isinstance(value, str) or value is None or value is True or value is False:
        return attribute(head, value)
    else:
        names = class_names(value)
    return f'{head}="{escape_str(names)}"' if names else ""


def class_text(value: object) -> str:
    """A piece of a class attribute."""
    return escape_str(class_names(value))


def style_text(location: ValueLocation, value: object, fits: Callable[[str], bool] = is_safe_value) -> str:
    """A piece of CSS, or nothing if it could be more than it should. What is fit means nothing to HTML."""
    kind = type(value)
    if kind is int or kind is float:
        return str(value)
    if value is None or kind is bool:
        return ""
    refuse_unfit(value)
    text = exact(str(value))
    if kind is TrustedCSS or fits(text):
        return escape_str(text)
    location.warn(value, "nothing")
    return ""


def style_word(location: ValueLocation, value: object) -> str:
    """The same where only a name, a number or a colour may stand."""
    return style_text(location, value, is_safe_word)


def style_element_text(location: ValueLocation, value: object, fits: Callable[[str], bool] = is_safe_value) -> str:
    """The same between the tags of a `<style>`, where nothing is escaped."""
    if type(value) is TrustedCSS:
        if re.search("</style", value, re.IGNORECASE):
            raise Problem("TrustedCSS with `</style` in it would end the style sheet", r"Write `<` as \3C.")
        return exact(value)
    return style_text(location, value, fits)


def style_element_word(location: ValueLocation, value: object) -> str:
    return style_element_text(location, value, is_safe_word)


def style_attribute(location: ValueLocation, head: str, value: object) -> str:
    """A mapping of properties, or CSS text of which the declarations that are fit stay."""
    if value is None or value is False:
        return ""
    if value is True:
        return head
    if type(value) is TrustedCSS:
        return f'{head}="{escape_str(exact(value))}"'
    if not isinstance(value, (str, Mapping)):
        raise Problem(f"`style` can't be {shown(value)}", 'Write style={ {"color": color} }.')
    fit = []
    for name, part in declarations(value):
        if part is None or part is False or part == "":
            continue
        if not is_safe_property(name):
            location.warn(name, "nothing")
        elif text := style_text(location, part):
            fit.append(f"{name}: {text}")
    return f'{head}="{"; ".join(fit)}"' if fit else ""


def by_context(location: ValueLocation, head: str, value: object) -> str:
    """An attribute whose name, and so its context, is known only when it is rendered."""
    match location.context:
        case Context.PLAIN:
            return attribute(head, value)
        case Context.ARIA:
            return aria(head, value)
        case Context.CLASS:
            return class_attribute(head, value)
        case Context.STYLE:
            return style_attribute(location, head, value)
        case Context.REFUSED:
            raise Problem(*why_refused(location.tag, location.name))
        case _:
            return url(location, head, value)


type Entry = tuple[str | None, object]
"""An attribute's lower-case name and its finished text, or None and what is spread."""


def merged(words: str, tag: str, entries: tuple[Entry, ...]) -> str:
    """All attributes of a tag that has a spread. Of one name the last one stays."""
    attributes: dict[str, str] = {}
    for name, value in entries:
        if name is not None:
            assert isinstance(value, str)
            attributes[name] = value
            continue
        for key, item in _spread(value).items():
            if key in DICTS and isinstance(item, Mapping):
                for inner, each in item.items():
                    _add(attributes, words, tag, f"{key}-{_key(inner)}", each)
            else:
                _add(attributes, words, tag, _key(key), item)
    return "".join(attributes.values())


def _spread(value: object) -> Mapping[object, object]:
    if isinstance(value, Mapping):
        return value
    if value is None:
        return {}
    raise Problem(f"`:**` spreads a mapping, and this is {shown(value)}")


def _key(key: object) -> str:
    """A mapping's key as an attribute's name. No name from data may end the name, the tag or the quotes."""
    if not isinstance(key, str):
        raise Problem(f"the name of an attribute can't be {shown(key)}")
    name = html_name(exact(key))
    if not SAFE_NAME.fullmatch(name):
        raise Problem(
            f"{key!r} can't be the name of an attribute",
            "Names from a mapping are letters, digits, `-`, `_`, `.` and `:`.",
        )
    return name


def _add(attributes: dict[str, str], words: str, tag: str, name: str, value: object) -> None:
    lower = name.lower()
    context = context_from_data(tag, lower)
    attributes[lower] = by_context(ValueLocation(words, tag, name, context), f" {name}", value)
