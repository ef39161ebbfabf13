"""Fragments found by rendering the page: the way for those whose names or places can't be known beforehand."""

from collections.abc import Callable, Collection

from hyperpy.templates.rendering.marker import Found, gathering


def capture_fragments(render: Callable[[], str], names: Collection[str]) -> tuple[dict[str, str], set[str]]:
    """The HTML of the named fragments, all of one name one after the other, and every name there is.

    `render` gives the whole page, with all that it nests.
    """
    found: Found = []
    token = gathering.set(found)
    try:
        page = render()
    finally:
        gathering.reset(token)
    # Content is rendered before the component around it: the page's order is that of the page.
    found.sort(key=lambda item: position if (position := page.find(item[1])) >= 0 else len(page))
    fragments: dict[str, str] = {}
    for name, markup in found:
        if name in names:
            fragments[name] = fragments.get(name, "") + markup
    return fragments, {name for name, _ in found}
