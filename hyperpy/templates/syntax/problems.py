"""What is wrong with a template, while it is not known where: who knows the file or the t-string makes it an error."""

from string.templatelib import Template


class Problem(Exception):
    """A value that a template can't take. Becomes a TemplateError once the t-string is known."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint


class CallProblem(Problem):
    """A component that is none, or is not called as it wants to be. Becomes a ComponentError."""


class SyntaxProblem(Problem):
    """Invalid static text. `start` and `width` count characters of `LiteralSource.text`."""

    def __init__(self, what: str, start: int, width: int = 1, hint: str = "") -> None:
        super().__init__(what, hint)
        self.start = start
        self.width = width


class HoleProblem(Problem):
    """The same for embedded code, of which only the number of the hole is known."""

    def __init__(self, hole: int, what: str, hint: str) -> None:
        super().__init__(what, hint)
        self.hole = hole


def first_words(strings: tuple[str, ...], expressions: tuple[str, ...], limit: int = 40) -> str:
    """How messages name a t-string whose place is unknown: its beginning, on one line."""
    text = strings[0]
    for expression, string in zip(expressions, strings[1:], strict=True):
        if len(text) > limit * 2:
            break
        text += f"{{{expression}}}{string}"
    words = " ".join(text.split())
    return f't"{words[:limit].rstrip()}…"' if len(words) > limit else f't"{words}"'


def words_of(template: Template) -> str:
    return first_words(template.strings, tuple(hole.expression for hole in template.interpolations))
