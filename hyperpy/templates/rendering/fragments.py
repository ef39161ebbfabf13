"""The `fragment` marker, and fragments collected while a page is rendered.

This is for fragments that can't be extracted at load, because their names or places are known only at run time.
"""

from collections.abc import Callable, Collection
from contextvars import ContextVar
from typing import Final, NoReturn

from hyperpy.templates.syntax.problems import Problem


class FragmentMarker:
    """`{fragment}` among the attributes of a tag marks an element that can be rendered alone."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "fragment"

    def __html__(self) -> NoReturn:
        raise Problem(
            "`fragment` marks an element; it is not a value",
            'Write it among the attributes: <div id="status" {fragment}>.',
        )


fragment: Final = FragmentMarker()

collecting: ContextVar[list[tuple[str, str]] | None] = ContextVar("collecting", default=None)
"""The fragments rendered so far, as (name, HTML); None unless `capture_fragments` is rendering."""


def collect_fragment(name: str, markup: str) -> str:
    """Collect a rendered fragment if fragments are being captured. Generated code calls it for each fragment."""
    if not name:
        raise Problem(
            "the name of this fragment is empty", "Give the element an id, or name the fragment: {fragment}={name}."
        )
    found = collecting.get()
    if found is not None:
        found.append((name, markup))
    return markup


def capture_fragments(render: Callable[[], str], names: Collection[str]) -> tuple[dict[str, str], set[str]]:
    """Return the HTML of the named fragments and all fragment names of the page.

    Fragments of one name are joined in page order. `render` renders the whole page, nested t-strings included.
    """
    found: list[tuple[str, str]] = []
    token = collecting.set(found)
    try:
        page = render()
    finally:
        collecting.reset(token)
    # A component's children are rendered before the component itself, so restore the order of the page.
    found.sort(key=lambda item: position if (position := page.find(item[1])) >= 0 else len(page))
    fragments: dict[str, str] = {}
    for name, markup in found:
        if name in names:
            fragments[name] = fragments.get(name, "") + markup
    return fragments, {name for name, _ in found}
