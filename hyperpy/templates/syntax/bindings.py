"""Holes in the code of bindings, by which browser libraries set other attributes: `:href="'/users/' + {id}"`."""

import re

from hyperpy.lazy import lazy_pattern
from hyperpy.templates.syntax.contexts import URL_CONTEXTS, binding_target, target_context
from hyperpy.templates.syntax.holes import Context, HoleMode
from hyperpy.templates.syntax.literal_source import HOLE
from hyperpy.templates.syntax.nodes import Target
from hyperpy.templates.syntax.problems import HoleProblem

# The string that a hole is in, or that a value is added to.
_IN_STRING = lazy_pattern(r"""['"]([^'"]*)\Z""")
_ADDED = lazy_pattern(r"""(?:'([^']*)'|"([^"]*)")\s*\+\s*\(*\s*\Z|`([^`]*)\$\{\s*\Z""")
_OBJECT_TOKEN = lazy_pattern(
    r"""(?P<key>(["']?)[A-Za-z_$.^?][\w$.:-]*\2)\s*:(?!:)
      | (?P<string>"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|`(?:[^`\\]|\\.)*`?)
      | (?P<word>[\w$]+)
      | (?P<other>\.\.\.|\S)""",
    re.VERBOSE | re.DOTALL,
)
# Text that could make a scheme of what is before it.
_SCHEME_END = lazy_pattern(r"""['"`][A-Za-z0-9+.-]*:""")
_STRING_END = lazy_pattern(r"""[^'"/?#\0]*:""")


def targets(tag: str, name: str, context: Context, code: str, modes: tuple[HoleMode, ...]) -> tuple[Target, ...]:
    """The target of each hole. Raises HoleProblem if it can't be determined, or if it can't be a value."""
    positions = [index for index, character in enumerate(code) if character == HOLE]
    return tuple(
        _target(tag, name, context, code, position, mode, number)
        for number, (position, mode) in enumerate(zip(positions, modes, strict=True))
    )


def _target(tag: str, name: str, context: Context, code: str, position: int, mode: HoleMode, number: int) -> Target:
    before, after = code[:position], code[position + 1 :]
    if mode is HoleMode.COMMENT:
        return Target(Context.PLAIN)
    target = binding_target(tag, name) if context is Context.BINDING else _object_target(tag, before)
    if target is Context.REFUSED:
        raise HoleProblem(number, f"may be set as an attribute that runs it, in `{name}`", "Bind each attribute alone.")
    found = (_IN_STRING if mode is HoleMode.SCRIPT_STRING else _ADDED).search(before)
    written = next((group for group in found.groups() if group is not None), "") if found else ""
    ends = _SCHEME_END.search(after) or (mode is HoleMode.SCRIPT_STRING and _STRING_END.match(after))
    if target in URL_CONTEXTS and ends and not re.search("[/?#:]", written):
        raise HoleProblem(
            number, "stands before a `:`, which could make it the scheme of a URL", "Write the start of the URL out."
        )
    return Target(target, written)


def _object_target(tag: str, before: str) -> Context:
    """The context of a hole in an object of attributes. Anywhere but in the value of a literal key, it is REFUSED."""
    key = _outermost_key(before)
    return target_context(tag, key) if key else Context.REFUSED


def _outermost_key(before: str) -> str:
    """The key of the outermost object literal at the end of the code whose value comes next, or ""."""
    open_brackets: list[str] = []
    keys: list[str] = []  # for each open bracket, the key whose value comes next
    awaits_key = False
    for found in _OBJECT_TOKEN.finditer(before):
        token = found["other"]
        if found["key"] and awaits_key:
            keys[-1] = found["key"].strip("\"'")
        elif token and token in "([{":
            open_brackets.append(token)
            keys.append("")
        elif token and token in ")]}" and keys:
            open_brackets.pop()
            keys.pop()
        elif token == "," and keys:
            keys[-1] = ""
        awaits_key = bool(open_brackets) and open_brackets[-1] == "{" and token is not None and token in "{,"
    return next((key for bracket, key in zip(open_brackets, keys, strict=True) if bracket == "{"), "")
