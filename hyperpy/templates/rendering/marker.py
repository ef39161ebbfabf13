"""The `fragment` marker, and what is gathered while a page renders so that its fragments can be had."""

from contextvars import ContextVar
from typing import Final, NoReturn

from hyperpy.templates.syntax.problems import Problem


class FragmentMarker:
    """`{fragment}` among the attributes of a tag makes the element renderable alone."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "fragment"

    def __html__(self) -> NoReturn:
        raise Problem(
            "`fragment` marks an element and is no value",
            'Write it among the attributes: <div id="status" {fragment}>.',
        )


fragment: Final = FragmentMarker()

type Found = list[tuple[str, str]]

gathering: ContextVar[Found | None] = ContextVar("gathering", default=None)
"""The fragments met so far, as (name, HTML), if anybody wants them."""


def meet(name: str, markup: str) -> str:
    """Called by generated code with each fragment that it has rendered."""
    if not name:
        raise Problem(
            "the name of this fragment is empty", "Give the element an id, or name the fragment: {fragment}={name}."
        )
    found = gathering.get()
    if found is not None:
        found.append((name, markup))
    return markup
