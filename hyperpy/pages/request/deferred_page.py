"""A page, or a part of one, that waits for something: what there is of it, and what is to come."""

from collections.abc import Sequence

from hyperpy.exceptions import Place, TemplateError
from hyperpy.templates import Deferred, Item


class DeferredPage:
    """`pieces` are HTML and what stands between it. `close` it, whether it was sent or not.

    Raises TemplateError if something is to be awaited where nothing can be put.
    """

    __slots__ = ("deferred", "pieces", "place")

    def __init__(self, html: str, deferred: Deferred, place: Place | None) -> None:
        self.deferred = deferred
        self.place = place
        try:
            self.pieces: Sequence[str | Item] = deferred.split(html)
        except TemplateError as error:
            if place is not None:
                error.at(place)
            raise

    def close(self) -> None:
        self.deferred.close()
