"""`swap`: HTML for another place of the page than the one that asks, in the dialect of the client."""

from string.templatelib import Template
from typing import Final, Literal

from hyperpy.exceptions import EventError
from hyperpy.record_classes import public_record
from hyperpy.streams.dialects.patch_events import checked_selector, elements_event, known_words, removal_event
from hyperpy.streams.events import Event, becomes_html
from hyperpy.templates import Markup, render_template

type How = Literal["outerHTML", "innerHTML", "beforebegin", "afterbegin", "beforeend", "afterend", "delete"]

# htmx's names, and Datastar's.
_MODES: Final = {
    "outerHTML": "outer",
    "innerHTML": "inner",
    "beforebegin": "before",
    "afterbegin": "prepend",
    "beforeend": "append",
    "afterend": "after",
    "delete": "remove",
}


@public_record(frozen=True, slots=True)
class Swap:
    """HTML for the elements that a selector names. As HTML, it is an `<hx-partial>`, which htmx 2 and 4 take apart."""

    target: str
    content: object
    how: str

    def __html__(self) -> str:
        return render_template(t"<hx-partial hx-target={self.target} hx-swap={self.how}>{self.content}</hx-partial>")

    def patch(self) -> Event:
        """The same as an event for Datastar."""
        mode = _MODES[self.how]
        if mode == "remove":
            return removal_event(self.target)
        return elements_event(self.content, selector=self.target, mode=mode)


def swap(target: str, content: Template | Markup | str | None = None, how: How = "outerHTML") -> Swap:
    """HTML that goes to the elements which the CSS selector `target` names, wherever it is yielded or interpolated.

    `how` is a word of `hx-swap`; `"delete"` needs no content. htmx 2 and 4 get an `<hx-partial>`, and Datastar, to
    which it has to be yielded, a patch with the selector and the mode. Raises EventError for any other argument.
    """
    checked_selector(target)
    if how not in _MODES:
        raise EventError(f"swap() can't be done by {how!r:.40}", hint=known_words(how, _MODES))
    if content is None and how == "delete":
        return Swap(target, "", how)
    if not becomes_html(content):
        hint = 'Pass HTML: swap("#news", t"<p>{news}</p>", how="beforeend")'
        raise EventError(f"the content of swap() must be HTML, not {type(content).__name__}", hint=hint)
    return Swap(target, content, how)
