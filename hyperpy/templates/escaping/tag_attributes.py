"""Attributes that depend on the tag over which they are spread."""

from collections.abc import Mapping


class TagAttributes(dict[str, object]):
    """A mapping for `{…:**}`. A component gets all of it, and an element what `for_tag` leaves."""

    def for_tag(self, tag: str) -> Mapping[str, object]:
        """The attributes for an element; `tag` is its name in lower case."""
        return self
