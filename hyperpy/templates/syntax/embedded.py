"""Holes inside JavaScript, JSON and CSS, in elements and in attributes."""

from enum import Enum

from hyperpy.templates.escape import decoded, escape_portably
from hyperpy.templates.syntax import javascript, stylesheet
from hyperpy.templates.syntax.holes import HoleMode, Spec, Value
from hyperpy.templates.syntax.literal_source import HOLE, LiteralSource
from hyperpy.templates.syntax.nodes import Attribute, Tag
from hyperpy.templates.syntax.problems import HoleProblem, SyntaxProblem


class Language(Enum):
    SCRIPT = "JavaScript"
    JSON = "JSON"
    CSS = "CSS"
    CSS_VALUE = "the value of a CSS property"


STYLES = frozenset({Language.CSS, Language.CSS_VALUE})
# https://mimesniff.spec.whatwg.org/#javascript-mime-type
# fmt: off
_SCRIPTS = frozenset((
    "", "module", "application/ecmascript", "application/javascript", "application/x-ecmascript",
    "application/x-javascript", "text/ecmascript", "text/javascript", "text/jscript", "text/livescript",
    "text/x-ecmascript", "text/x-javascript",
))
# fmt: on
_JSONS = frozenset({"application/json", "importmap", "speculationrules", "text/json"})
_EXPRESSIONS = frozenset({HoleMode.SCRIPT_VALUE, HoleMode.JSON_VALUE})
# Next to these characters, a value is a separate token without any space.
_LOOSE_BEFORE = " \t\n\r([{,;:="
_LOOSE_AFTER = " \t\n\r)]},;:"


def script_language(source: LiteralSource, tag: Tag, hole: int) -> Language:
    """The language of a `<script>` with a hole, by its `type`, https://html.spec.whatwg.org/multipage/scripting.html#attr-script-type"""
    kind = ""
    for item in tag.attributes:
        if isinstance(item, Attribute) and item.name.lower() == "type":
            if any(isinstance(piece, int) for piece in item.value or ()):
                raise SyntaxProblem(
                    "the `type` of a script with values in it must be written out", item.start, len(item.name)
                )
            kind = decoded("".join(map(str, item.value or ()))).partition(";")[0].strip().lower()
    if kind in _SCRIPTS:
        return Language.SCRIPT
    if kind in _JSONS or kind.endswith("+json"):
        return Language.JSON
    raise SyntaxProblem(
        f"a script of type `{kind}` can't contain a computed value",
        source.position(hole),
        hint="Use a <template> instead, or put the value into an attribute: data-value={…}.",
    )


def element_contents(source: LiteralSource, value: Value, language: Language) -> tuple[Value, tuple[HoleMode, ...]]:
    """The content of a `<script>` or `<style>`, with spaces around values where needed, and the modes of its holes."""
    modes = _modes(source, value, language, is_element=True)
    if language not in STYLES and any(isinstance(piece, str) and decoded(piece) != piece for piece in value):
        _check_references(source, value, modes, language)
    return _with_room(value, modes), modes


def _check_references(source: LiteralSource, value: Value, modes: tuple[HoleMode, ...], language: Language) -> None:
    """SVG decodes character references in a script, HTML doesn't: the modes of holes must be the same in both."""
    in_svg = tuple(decoded(piece) if isinstance(piece, str) else piece for piece in value)
    if _modes(source, in_svg, language, is_element=True) != modes:
        hole = next(piece for piece in value if isinstance(piece, int))
        raise SyntaxProblem(
            "a script with values can't contain character references such as `&quot;`",
            source.position(hole),
            hint="SVG decodes them, HTML doesn't. Write the character itself, or a JavaScript escape.",
        )


def attribute_contents(source: LiteralSource, value: Value, language: Language) -> tuple[Value, tuple[HoleMode, ...]]:
    """The same for an attribute. Static text is decoded and escaped again: no reference can continue in a value."""
    code = tuple(decoded(piece) if isinstance(piece, str) else piece for piece in value)
    modes = _modes(source, code, language)
    roomy = _with_room(code, modes)
    return tuple(escape_portably(piece) if isinstance(piece, str) else piece for piece in roomy), modes


def _modes(
    source: LiteralSource, value: Value, language: Language, *, is_element: bool = False
) -> tuple[HoleMode, ...]:
    holes = [piece for piece in value if isinstance(piece, int)]
    for hole in holes:
        if is_element or language not in STYLES or source.shapes[hole].spec is not Spec.FORMAT:
            _check_spec(source, hole, language)
    text = "".join(piece if isinstance(piece, str) else HOLE for piece in value)
    try:
        if language in STYLES:
            return stylesheet.modes(text, is_element=is_element, is_value=language is Language.CSS_VALUE)
        found = javascript.modes(text, is_element=is_element)
    except HoleProblem as problem:
        raise problem_at(source, value, problem) from None
    is_json = language is Language.JSON
    return tuple(HoleMode.JSON_VALUE if is_json and mode is HoleMode.SCRIPT_VALUE else mode for mode in found)


def problem_at(source: LiteralSource, value: Value, problem: HoleProblem) -> SyntaxProblem:
    """The problem with the place of its hole."""
    hole = [piece for piece in value if isinstance(piece, int)][problem.hole]
    written = f"{{{source.shapes[hole].expression.strip()}}}"
    hint = problem.hint.replace("{x}", written)
    return SyntaxProblem(f"`{written}` {problem.what}", source.position(hole), hint=hint)


def _check_spec(source: LiteralSource, hole: int, language: Language) -> None:
    shape = source.shapes[hole]
    if shape.spec is Spec.NONE:
        return
    what = {
        Spec.FORMAT: "has a format spec",
        Spec.SPREAD: "spreads a mapping",
        Spec.SAFE: "is marked as HTML",
    }[shape.spec]
    trusted = "TrustedCSS" if language in STYLES else "TrustedJS"
    raise SyntaxProblem(
        f"`{{{shape.expression.strip()}:…}}` {what} inside {language.value}",
        source.position(hole),
        hint=f"If these braces are part of the {language.value}, double them: {{{{ … }}}}.\n"
        f"Otherwise write the value alone, or {trusted}(…) to send it unescaped.",
    )


def _with_room(value: Value, modes: tuple[HoleMode, ...]) -> Value:
    """The static text with a space next to each value that would otherwise join a token."""
    kinds = iter(modes)
    values = {piece for piece in value if isinstance(piece, int) and next(kinds) in _EXPRESSIONS}
    roomy: list[str | int] = []
    for index, piece in enumerate(value):
        if isinstance(piece, str):
            if value[index + 1 : index + 2] and value[index + 1] in values and piece[-1] not in _LOOSE_BEFORE:
                piece += " "
            if index and value[index - 1] in values and piece[0] not in _LOOSE_AFTER:
                piece = " " + piece
        roomy.append(piece)
    return tuple(roomy)
