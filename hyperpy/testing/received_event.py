"""One event of a stream, as a browser receives it."""

import json
from dataclasses import dataclass, field
from typing import Any

from hyperpy.testing.failures import HIDDEN, SiteFailure, shortened
from hyperpy.testing.markup import HTML, Element

__tracebackhide__ = HIDDEN

EXCERPT = 100  # characters of the data in a message


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """A received event. `event` is its name, by default `message`; `data` is text.

    `id` and `retry` (in milliseconds) were sent with this event, or are None. `last_event_id` is the last id of the
    stream at this point, like the `lastEventId` of a browser's event.
    """

    data: str
    event: str = "message"
    id: str | None = None
    retry: int | None = None
    last_event_id: str = field(default="", compare=False, repr=False)

    def json(self) -> Any:
        """The data, parsed as JSON. Raises SiteFailure if it is invalid."""
        try:
            return json.loads(self.data)
        except ValueError as error:
            raise SiteFailure(f"this event's data is not JSON ({error}): {self}") from None

    @property
    def markup(self) -> HTML:
        """The data as HTML."""
        return HTML(self.data, f"the event {self.event!r}")

    def select(self, css: str) -> list[Element]:
        """The elements in the data that match, in document order."""
        return self.markup.select(css)

    def one(self, css: str) -> Element:
        """The only element in the data that matches. Raises PageFailure if there is none or more than one."""
        return self.markup.one(css)

    def __str__(self) -> str:
        return f"{self.event}: {shortened(self.data, EXCERPT)!r}"
