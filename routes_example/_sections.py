"""The pages of the harbour, and what each of them shows of hyperpy."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Section:
    """A page in the menu. `idea` is what a newcomer can learn from it, and `code` the words to look for."""

    url: str
    name: str
    flag: str
    idea: str
    code: str


GROUPS: Final = {
    "In harbour": (
        Section("/today", "Today", "T", "Fragments of a page, kept fresh", "render(fragments=…)"),
        Section("/boats", "Boats", "B", "Search as you type, in the URL too", "htmx.fragment"),
        Section("/report", "Numbers", "N", "A page that is sent while it is made", 'yield t"<section>…"'),
        Section("/forecast", "Forecast", "F", "Slow parts that don't hold up the rest", "Suspense"),
    ),
    "On the air": (
        Section("/signals", "Signals", "S", "Three ways to yield an event", "yield name, data"),
        Section("/chat", "Radio", "R", "From one visitor to all the others", "channel(…).publish"),
        Section("/watch", "Night watch", "W", "A lost line that misses nothing", "Last-Event-ID"),
        Section("/catch", "Catch", "C", "A job, its progress and its end", "spawn, channel.close"),
        Section("/engine", "Engine room", "E", "A dashboard of this very machine", "render(if_changed=True)"),
    ),
    "On shore": (
        Section("/logbook", "Logbook", "L", "A form that shows its mistakes", "Form[Signature]"),
        Section("/assistant", "Assistant", "A", "A language model, word by word", "async for token"),
        Section("/mine", "My boat", "M", "Log-in, a guarded folder, uploads", "_guard.py"),
    ),
}
BY_URL: Final = {section.url: section for sections in GROUPS.values() for section in sections}
