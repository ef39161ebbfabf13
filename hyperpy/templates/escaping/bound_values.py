"""Values that a browser library sets as another attribute. They are JavaScript, and checked as that attribute's."""

import json
from collections.abc import Mapping
from dataclasses import replace

from hyperpy.templates.escape import exact
from hyperpy.templates.escaping.attributes import url
from hyperpy.templates.escaping.css import declarations, is_safe_property, is_safe_value
from hyperpy.templates.escaping.reports import ValueLocation
from hyperpy.templates.escaping.script_values import (
    json_part,
    json_value,
    script_attribute,
    script_part,
    script_part_string,
)
from hyperpy.templates.escaping.trusted import TrustedCSS, TrustedJS, TrustedURL
from hyperpy.templates.escaping.url_values import BLOCKED, CHECKS, CLIMBS, PATH_MODES, fit_piece, is_safe_start, plain
from hyperpy.templates.escaping.value_kinds import describe
from hyperpy.templates.syntax.contexts import STYLE_CONTEXTS, URL_CONTEXTS, target_context
from hyperpy.templates.syntax.holes import Context
from hyperpy.templates.syntax.problems import Problem
from hyperpy.templates.syntax.url_holes import part_mode

_TRUSTED = (TrustedURL, TrustedCSS, TrustedJS)


def htmx_json(location: ValueLocation, head: str, value: object) -> str:
    """JSON for htmx, as in `hx-vals`. A str is JSON already; any other value is written as JSON."""
    is_text = isinstance(value, str) and type(value) is not TrustedJS
    if value is None or isinstance(value, bool) or is_text:
        return url(location, head, value)
    return f'{head}="{json_part(value)}"'


def binding(location: ValueLocation, head: str, value: object) -> str:
    """A binding whose whole value is one hole. The location has the context of its target."""
    return "" if value is None else f'{head}="{binding_value(location, "", value)}"'


def bindings(location: ValueLocation, head: str, value: object) -> str:
    """A mapping of attributes that a library sets: `data-attr={ {"href": url} }`."""
    if value is None or type(value) is TrustedJS:
        return script_attribute(head, value)
    if not isinstance(value, Mapping):
        raise Problem(f"`{location.name}` takes a mapping of attributes, not {describe(value)}")
    fit: dict[str, object] = {}
    for name, item in value.items():
        target = target_context(location.tag, name) if isinstance(name, str) else Context.REFUSED
        if target is Context.REFUSED:
            raise Problem(f"`{location.name}` can't set {name!r}, which would run its value")
        fit[name] = _fit(replace(location, context=target), item)
    return script_attribute(head, fit)


def binding_value(location: ValueLocation, before: str, value: object) -> str:
    """A value as an expression, added to the text `before` it."""
    if location.context in URL_CONTEXTS and before and type(value) not in _TRUSTED and not isinstance(value, int):
        return script_part(_continued(location, before, plain(value)))
    return script_part(_fit(location, value))


def binding_string(location: ValueLocation, before: str, value: object) -> str:
    """A value inside a string, after the text `before` it."""
    if type(value) in _TRUSTED:
        return script_part_string(value)
    text = plain(value)
    if location.context in URL_CONTEXTS:
        return script_part_string(_continued(location, before, text))
    return script_part_string(_fit(location, text))


def _continued(location: ValueLocation, before: str, text: str) -> str:
    """A value that continues a URL."""
    if not is_safe_start(location.context, before):
        return _fit_text(location, text)
    if before.strip() in ("/", "\\"):
        text = text.lstrip("/\\\t\n\r ")
    mode = part_mode(before, "")
    fit = fit_piece(mode, text)
    if fit is None:
        location.warn(text, "nothing", CLIMBS if mode in PATH_MODES else "")
        return ""
    return fit


def _fit(location: ValueLocation, value: object) -> object:
    """The value, with all unsafe texts in it replaced."""
    if value is None or location.context is Context.PLAIN or type(value) in _TRUSTED:
        return exact(value) if isinstance(value, (TrustedURL, TrustedCSS)) else value
    if isinstance(value, str):
        return _fit_text(location, plain(value))
    return _fit_json(location, json.loads(json_value(value)))


def _fit_json(location: ValueLocation, value: object) -> object:
    match value:
        case str():
            return _fit_text(location, value)
        case list():
            return [_fit_json(location, item) for item in value]
        case dict() if location.context in STYLE_CONTEXTS:
            return {name: _fit_json(location, item) for name, item in value.items() if is_safe_property(name)}
        case dict():
            return {name: _fit_json(location, item) for name, item in value.items()}
    return value


def _fit_text(location: ValueLocation, text: str) -> str:
    if location.context in STYLE_CONTEXTS:
        return _fit_style(location, text)
    if location.context is Context.PLAIN or CHECKS[location.context](text):
        return text
    location.warn(text, BLOCKED)
    return BLOCKED


def _fit_style(location: ValueLocation, text: str) -> str:
    if is_safe_value(text):
        return text
    fit = []
    for name, part in declarations(text):
        if part and is_safe_property(name) and is_safe_value(str(part)):
            fit.append(f"{name}: {part}")
        else:
            location.warn(text, "nothing")
    return "; ".join(fit)
