"""Holes in the code of bindings, by which browser libraries set other attributes: `:href="'/users/' + {id}"`."""

import re

from hyperpy.templates.syntax.contexts import URL_CONTEXTS, binding_target, target_context
from hyperpy.templates.syntax.literal_source import HOLE
from hyperpy.templates.syntax.nodes import Context, HoleMode, Target
from hyperpy.templates.syntax.problems import HoleProblem

# The string that a hole is in, or that a value is added to.
_IN_STRING = re.compile(r"""['"]([^'"]*)\Z""")
_ADDED = re.compile(r"""(?:'([^']*)'|"([^"]*)")\s*\+\s*\(*\s*\Z|`([^`]*)\$\{\s*\Z""")
_KEY = r"""["']?([A-Za-z_$.^?][\w$.:-]*)["']?\s*:"""
_OWN_KEY = re.compile(rf"""(?:[{{,]|\A)\s*{_KEY}\s*(?:["'][^"',{{}}]*)?\Z""")
_ANY_KEY = re.compile(_KEY)
# Text that could make a scheme of what is before it.
_SCHEME_END = re.compile(r"""['"`][A-Za-z0-9+.-]*:""")
_STRING_END = re.compile(r"""[^'"/?#\0]*:""")


def targets(tag: str, name: str, context: Context, code: str, modes: tuple[HoleMode, ...]) -> tuple[Target, ...]:
    """What each hole is set to. Raises HoleProblem if that can't be decided, or if it can't be a value."""
    positions = [index for index, character in enumerate(code) if character == HOLE]
    return tuple(
        _target(tag, name, context, code, position, mode, number)
        for number, (position, mode) in enumerate(zip(positions, modes, strict=True))
    )


def _target(tag: str, name: str, context: Context, code: str, position: int, mode: HoleMode, number: int) -> Target:
    before, after = code[:position], code[position + 1 :]
    if mode is HoleMode.COMMENT:
        return Target(Context.PLAIN)
    target = binding_target(tag, name) if context is Context.BINDING else _object_target(tag, code, before)
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


def _object_target(tag: str, code: str, before: str) -> Context:
    """The strictest context of all keys, unless the hole is right behind its own."""
    own = _OWN_KEY.search(before)
    keys = [own[1]] if own else [found[1] for found in _ANY_KEY.finditer(code)]
    contexts = {target_context(tag, key) for key in keys} - {Context.PLAIN}
    if not contexts:
        return Context.PLAIN
    return contexts.pop() if len(contexts) == 1 else Context.REFUSED
