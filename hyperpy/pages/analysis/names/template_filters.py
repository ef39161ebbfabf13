"""`{names|length}`: filters of Jinja and Django, and the Python that does the same."""

import ast
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_DAY: Final = "{%s:%%d.%%m.%%Y}"
# The value is {0}, and the arguments are {1} and {2}.
_PYTHON: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("capitalize", "lower", "title", "upper", "items", "split"), "{0}.{name}()"),
        **dict.fromkeys(("abs", "float", "int", "list", "max", "min", "reversed", "sorted", "sum"), "{name}({0})"),
        **dict.fromkeys(("count", "length"), "len({0})"),
        **dict.fromkeys(("d", "default", "default_if_none"), "{0} or {1}"),
        **dict.fromkeys(("e", "escape", "force_escape", "tojson", "urlencode"), "{0}"),
        "dictsort": "sorted({0}.items())",
        "first": "{0}[0]",
        "join": "{1}.join({0})",
        "last": "{0}[-1]",
        "replace": "{0}.replace({1}, {2})",
        "reverse": "reversed({0})",
        "round": "round({0}, {1})",
        "sort": "sorted({0})",
        "string": "str({0})",
        "trim": "{0}.strip()",
        "truncate": "{0}[:{1}]",
        "wordcount": "len({0}.split())",
    }
)
_DEFAULTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(("d", "default", "default_if_none"), ("'…'",)),
        "join": ("''",),
        "replace": ("'old'", "'new'"),
        "round": ("2",),
        "truncate": ("80",),
    }
)
_DATES: Final = frozenset({"date", "dateformat", "datetime", "datetimeformat", "format_date", "strftime", "time"})
_NUMBERS: Final = frozenset({"floatformat", "intcomma", "number_format"})
_ON_ITEMS: Final = frozenset({"batch", "groupby", "map", "reject", "rejectattr", "select", "selectattr"})
_REMARKS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("e", "escape", "force_escape"), " Values are escaped by themselves."),
        "tojson": " In a script, a value is JSON by itself.",
        "urlencode": " In a URL, a value is encoded by itself.",
    }
)
BUILTINS: Final = frozenset({"abs", "float", "int", "list", "map", "max", "min", "reversed", "round", "sorted", "sum"})
"""The filters whose names Python knows, so that they are found only when the page is rendered."""


def filter_advice(chain: ast.expr, name: str) -> str:
    """What to write in place of a chain of filters, of which one is `name`."""
    value = chain
    while found := applied(value):
        value, _, _ = found
    left = ast.unparse(value)
    if name == "safe":
        return f"For a str that is HTML already, and nothing from a visitor, write {{{left}:safe}}."
    if name in _DATES:
        return f"Templates have no filters. A date has a format: {_DAY % left}."
    if name in _NUMBERS:
        return f"Templates have no filters. A number has a format: {{{left}:.2f}}, or {{{left}:,}}."
    if name in _ON_ITEMS:
        return f"Templates have no filters. Write a comprehension: {{[… for item in {left} if …]}}."
    return f"Templates have no filters. {_call(name)}{{{_python(chain)}}}.{_REMARKS.get(name, '')}"


def applied(node: ast.expr) -> tuple[ast.expr, str, list[ast.expr]] | None:
    """The value, the name and the arguments of the last filter of a chain."""
    match node:
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Name(id=name)):
            return left, name, []
        case ast.BinOp(left=left, op=ast.BitOr(), right=ast.Call(func=ast.Name(id=name)) as call):
            return left, name, [*call.args, *(keyword.value for keyword in call.keywords)]
    return None


def _call(name: str) -> str:
    return "Write " if name in _PYTHON else "Call a function or a method: "


def _python(node: ast.expr) -> str:
    """The expression with calls in place of filters."""
    found = applied(node)
    if found is None:
        written = ast.unparse(node)
        is_simple = isinstance(node, ast.Name | ast.Attribute | ast.Call | ast.Subscript | ast.Constant)
        return written if is_simple else f"({written})"
    left, name, arguments = found
    given = [ast.unparse(argument) for argument in arguments]
    if name not in _PYTHON:
        return f"{name}({', '.join((_python(left), *given))})"
    defaults = _DEFAULTS.get(name, ())
    value = _python(left)
    if applied(left) and " or " in value:
        value = f"({value})"
    return _PYTHON[name].format(value, *given[: len(defaults)], *defaults[len(given) :], name=name)
