"""Pieces of generated code: static HTML, and Python for a str."""

from collections.abc import Iterable
from typing import NamedTuple

from hyperpy.templates.syntax.attribute_values import words_of


class Expression(NamedTuple):
    """Generated Python for a str. `quick` are pieces that have the same text if all `conditions` hold.

    `costly` are conditions to test after those of all other pieces.
    """

    code: str
    conditions: tuple[str, ...] = ()
    quick: tuple[CodePiece, ...] = ()
    costly: tuple[str, ...] = ()


type CodePiece = str | Expression
"""Static HTML, or code."""


def conditional(conditions: tuple[str, ...], quick: tuple[CodePiece, ...], otherwise: str) -> Expression:
    return Expression(f"{f_string(quick)} if {' and '.join(conditions)} else {otherwise}", conditions, quick)


def f_string(pieces: Iterable[CodePiece]) -> str:
    """The pieces as one f-string. `repr` escapes the static ones. Each piece of code has lines of its own."""
    written: list[str] = []
    static = ""
    for piece in (*pieces, None):
        if isinstance(piece, str):
            static += piece
            continue
        if static:
            written.append("f" + repr(static.replace("{", "{{").replace("}", "}}")))
            static = ""
        if piece:
            written.append(f"f'{{\n{piece.code}\n}}'")
    return f"({' '.join(written)})" if len(written) > 1 else "".join(written) or "''"


def word_conditions(tag: str, name: str, head: str, value: str) -> str:
    """Code for True and False, or 1 and 0, in an attribute that has words for them, to stand before that for others."""
    code = ""
    for number, word in zip((1, 0), words_of(tag, name) or (), strict=False):
        code += f"{'' if word is None else f'{head}="{word}"'!r} if {value} == {number} else "
    return code
