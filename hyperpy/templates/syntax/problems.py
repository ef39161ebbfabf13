"""Template errors before their place is known. Callers that know it convert them to a TemplateError."""

from collections.abc import Sequence
from typing import Final

_MOST_SHOWN: Final = 40  # characters of a t-string in a message


class Problem(Exception):
    """An invalid value, or invalid static text. Becomes a TemplateError once the t-string is known."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class CallProblem(Problem):
    """Not a component, or called with arguments that it does not accept. Becomes a ComponentError."""

    def __init__(self, what: str, hint: str = "", argument: str = "") -> None:
        super().__init__(what, hint)
        self.argument = argument


class SyntaxProblem(Problem):
    """Invalid static text. `start` and `width` count characters of `LiteralSource.text`."""

    def __init__(self, what: str, start: int, width: int = 1, hint: str = "") -> None:
        super().__init__(what, hint)
        self.start = start
        self.width = width


class HoleProblem(Problem):
    """A hole in an invalid position of embedded code. Only its number in that code is known."""

    def __init__(self, hole: int, what: str, hint: str) -> None:
        super().__init__(what, hint)
        self.hole = hole


def first_words(strings: Sequence[str], expressions: Sequence[str]) -> str:
    """The start of a t-string on one line, which identifies it in messages."""
    text = strings[0]
    for expression, string in zip(expressions, strings[1:], strict=True):
        if len(text) > _MOST_SHOWN * 2:
            break
        text += f"{{{expression}}}{string}"
    words = " ".join(text.split())
    return f't"{words[:_MOST_SHOWN].rstrip()}…"' if len(words) > _MOST_SHOWN else f't"{words}"'
