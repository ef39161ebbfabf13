"""A page that waits for some of its parts: what there is of it, and what is to come."""

from collections.abc import Sequence

from hyperpy.exceptions import Place, TemplateError
from hyperpy.templates import Deferred, Item


class DeferredPage:
    """`pieces` are HTML and what stands between it. `close` it, whether it was sent or not.

    Raises TemplateError if something is to be awaited where nothing can be put.
    """

    __slots__ = ("deferred", "pieces", "place")

    def __init__(self, html: str, deferred: Deferred, place: Place) -> None:
        self.deferred = deferred
        self.place = place
        try:
            self.pieces: Sequence[str | Item] = deferred.split(html)
        except TemplateError as error:
            raise error.at(place) from None

    def close(self) -> None:
        self.deferred.close()
