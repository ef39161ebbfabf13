"""Values in JavaScript: JSON in place of an expression, escaped text inside a string.

Neither contains `<`, `>` or `&`, so neither can end a `<script>` or be read as HTML. In attributes, strings have only
letters, digits and escapes: browser libraries search and split the text before a JavaScript parser reads it.
"""

import json
import re
from collections.abc import Awaitable, Mapping
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType

from hyperpy.lazy import lazy_pattern, pydantic_core
from hyperpy.templates.escape import escape_str
from hyperpy.templates.escaping.trusted import TrustedJS
from hyperpy.templates.escaping.url_values import plain
from hyperpy.templates.escaping.value_kinds import describe, html_of, is_html, refuse_unfit
from hyperpy.templates.syntax.problems import Problem

# JSON is a subset of JavaScript since ECMAScript 2019. To older engines, U+2028 and U+2029 end a line.
_JSON = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})
# `$` and "`" too: the code may use the string as the source of a template literal.
_STRING = lazy_pattern("[\x00-\x1f\x7f\"'`&<>/\\\\$\u2028\u2029\ud800-\udfff]")
_ATTRIBUTE_STRING = lazy_pattern(r"[\W_]|[^\x00-\uffff]")
_JSON_STRING = lazy_pattern(r'"((?:[^"\\]|\\.)*)"')
# In an object literal, this key sets the prototype; a computed key is an ordinary one.
_PROTOTYPE = lazy_pattern(r'(?<!\\)"__proto__":')
_ENDS_SCRIPT = lazy_pattern(r"</script|<!--|<script", re.IGNORECASE)

_OF_FUNCTION = lazy_pattern(
    r"unknown type: <class '(?:function|method|builtin_function_or_method|functools\.partial)'>"
)
_RUNS_ON_SERVER = (
    'Let the browser send a request: <form method="post"> and `if POST:` in the route file, or hx-post="/…" with htmx. '
    'For the value that the function returns, call it. Code for the browser is text: onclick="show()".'
)


def json_value(value: object) -> str:
    """A value as JSON. NaN and the infinities, which JSON lacks, become null."""
    if type(value) is TrustedJS:
        return str.__str__(value)
    if is_html(value):
        value = html_of(value)
    if isinstance(value, (bytes, bytearray, memoryview, Awaitable)):
        refuse_unfit(value)
    try:
        text = _encoded(value)
    except ValueError as error:
        if _is_function(value) or _OF_FUNCTION.search(str(error)):
            raise Problem("a Python function can't run in the browser", _RUNS_ON_SERVER) from None
        raise Problem(
            f"{describe(value)} can't be converted to JSON: {error}",
            "Use a dict, list, str, number, bool, None, dataclass or pydantic model.",
        ) from None
    return text.translate(_JSON)


def _is_function(value: object) -> bool:
    return isinstance(value, FunctionType | MethodType | BuiltinFunctionType | partial)


def _encoded(value: object) -> str:
    try:
        return pydantic_core.to_json(value, inf_nan_mode="null").decode()
    except ValueError as error:
        if "surrogates not allowed" not in str(error):
            raise
    # `json` can encode lone surrogates, as escapes.
    return json.dumps(_plain_types(value), separators=(",", ":"))


def _plain_types(value: object) -> object:
    """The value as `json` takes it. `to_jsonable_python` alone would refuse keys with lone surrogates."""
    if isinstance(value, Mapping):
        return {
            str.__str__(name) if isinstance(name, str) else name: _plain_types(each) for name, each in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_plain_types(item) for item in value]
    return pydantic_core.to_jsonable_python(value, inf_nan_mode="null")


def script_value(value: object) -> str:
    """A value as an expression of JavaScript."""
    text = json_value(value)
    return _PROTOTYPE.sub('["__proto__"]:', text) if "__proto__" in text and type(value) is not TrustedJS else text


def script_element_value(value: object) -> str:
    """A value as an expression inside `<script>`."""
    return _checked(value, script_value(value))


def json_element_value(value: object) -> str:
    """A value inside a `<script>` that holds JSON."""
    return _checked(value, json_value(value))


def _checked(value: object, text: str) -> str:
    if type(value) is TrustedJS and _ENDS_SCRIPT.search(text):
        raise Problem("TrustedJS with `<script`, `</script` or `<!--` would end the script", r"Write `<` as \x3C.")
    return text


def script_string(value: object) -> str:
    """A value inside a string of JavaScript or JSON, in a `<script>`."""
    return _STRING.sub(_escape, _text(value))


def script_part_string(value: object) -> str:
    """A value inside a string of JavaScript or JSON, in an attribute."""
    return _ATTRIBUTE_STRING.sub(_escape, _text(value))


def script_part(value: object) -> str:
    """A value as an expression in an attribute that has other code as well."""
    return escape_str(_in_attribute(value, script_value(value)))


def json_part(value: object) -> str:
    """A value as JSON in an attribute that has other JSON as well."""
    return escape_str(_in_attribute(value, json_value(value)))


def script_attribute(head: str, value: object) -> str:
    """An attribute whose value runs as JavaScript. None omits it, so that a handler can be optional."""
    return "" if value is None else f'{head}="{script_part(value)}"'


def _text(value: object) -> str:
    return html_of(value) if is_html(value) else plain(value)


def _in_attribute(value: object, text: str) -> str:
    if type(value) is TrustedJS or '"' not in text:
        return text
    return _JSON_STRING.sub(_escape_string, text)


def _escape_string(found: re.Match[str]) -> str:
    text = found[1]
    if "\\" in text:
        text = json.loads(found[0])
    return f'"{_ATTRIBUTE_STRING.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    if number < 0x10000:
        return f"\\u{number:04x}"
    return f"\\u{0xD7C0 + (number >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"


def srcdoc_attribute(head: str, value: object) -> str:
    """A document as an attribute. HTML is escaped once, for the attribute; text twice, for the document as well."""
    if value is None or value is False:
        return ""
    if value is True:
        return head
    document = html_of(value) if is_html(value) else escape_str(plain(value))
    return f'{head}="{escape_str(document)}"'
