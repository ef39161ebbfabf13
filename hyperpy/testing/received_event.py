"""One event of a stream, as a browser gets it."""

import json
from dataclasses import dataclass, field
from typing import Any

from hyperpy.testing.answers import shortened
from hyperpy.testing.failures import HIDDEN, SiteFailure
from hyperpy.testing.markup import HTML, Element

__tracebackhide__ = HIDDEN

SHOWN = 100  # characters of an event's data that a failure shows


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """A received event. `event` is its name, `message` if it has none; `data` is the text, whatever it means.

    `id` and `retry` (milliseconds) are those that came with this very event, or None. `last_event_id` is the last id
    that had come by then, as a browser's events have it.
    """

    data: str
    event: str = "message"
    id: str | None = None
    retry: int | None = None
    last_event_id: str = field(default="", compare=False, repr=False)

    def json(self) -> Any:
        """The data as JSON. Raises SiteFailure if it is none."""
        try:
            return json.loads(self.data)
        except ValueError as error:
            raise SiteFailure(f"this event's data is no JSON ({error}): {self}") from None

    @property
    def markup(self) -> HTML:
        """The data as HTML."""
        return HTML(self.data, f"the event {self.event!r}")

    def select(self, css: str) -> list[Element]:
        """The elements of the data that match, in their order."""
        return self.markup.select(css)

    def one(self, css: str) -> Element:
        """The element of the data that matches. Raises PageFailure if there is none, or more than one."""
        return self.markup.one(css)

    def __str__(self) -> str:
        return f"{self.event}: {shortened(self.data, SHOWN)!r}"
