"""Attributes that depend on the tag over which they are spread."""

from collections.abc import Hashable, Mapping
from typing import Any, Final, Never

PLAIN: Final = frozenset({str, int, bool, type(None)})
"""The types of values that never change and are written the same each time."""


class TagAttributes(dict[str, object]):
    """A mapping for `{…:**}`. A component gets all of it, and an element what `for_tag` leaves."""

    __slots__ = ()

    def for_tag(self, tag: str) -> Mapping[str, object]:
        """The attributes for an element; `tag` is its name in lower case."""
        return self


class FixedAttributes(TagAttributes):
    """Attributes that can't be changed, so that their HTML can be kept. `|` makes a dict of them that can."""

    __slots__ = ("html",)

    html: dict[Hashable, str] | None
    """All attributes of tags over which they are spread, as HTML, by the tag and its static attributes.

    None if they can differ from one time to the next.
    """

    def __init__(self, attributes: Mapping[str, object]) -> None:
        super().__init__(attributes)
        self.html = {} if PLAIN.issuperset(map(type, self.values())) else None

    def _refuse(self, *_args: object, **_values: object) -> Never:
        raise TypeError("these attributes can't change. Make a dict of them and of others: {**attributes, 'class': …}")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> Any:
        return type(self), (dict(self),)
