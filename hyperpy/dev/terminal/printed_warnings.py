"""Likely mistakes in the terminal: each is printed once, and once more when it is gone."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from hyperpy.exceptions import display_path
from hyperpy.pages import LoadWarning
from hyperpy.server.colours import coloured, has_colours

_MOST_GONE: Final = 5  # that get a line
_MOST_KNOWN: Final = 500


class PrintedWarning(NamedTuple):
    """One that is in the terminal. `kind` says who finds it."""

    kind: str
    file: str
    what: str
    line: int


type Printed = tuple[PrintedWarning, ...]


class PrintedWarnings:
    """Prints what hasn't been printed, even by an earlier process, whose state it takes over.

    `keep` is called with the state whenever it changes.
    """

    def __init__(self, printed: Printed, keep: Callable[[Printed], None]) -> None:
        self._printed = printed
        self._keep = keep
        self._is_whole = True

    def loaded(self, found: Sequence[LoadWarning], *, is_whole: bool) -> None:
        """Loading has found these; all of the site has been loaded if it `is_whole`."""
        self._is_whole = is_whole
        self._show("load", found)

    def checked(self, found: Sequence[LoadWarning]) -> None:
        """The check of what has been loaded last has found these."""
        self._show("check", found)

    def _show(self, kind: str, found: Sequence[LoadWarning]) -> None:
        before = [each for each in self._printed if each.kind == kind]
        now = [PrintedWarning(kind, each.place.file, each.what, each.place.line) for each in found]
        new, gone = set(_beyond(now, before)), list(_beyond(before, now))
        for warning, each in zip(found, now, strict=True):
            if each in new:
                text = str(warning)
                print(f"\n{coloured(text, is_error=False) if has_colours(sys.stderr) else text}", file=sys.stderr)
        if not self._is_whole:  # a file that can't be loaded has its mistakes still
            now += gone
        others = [each for each in self._printed if each.kind != kind]
        if gone and self._is_whole:
            _say_gone(gone, len(now) + len(others))
        printed = tuple(sorted((*others, *now))[:_MOST_KNOWN])
        if printed != self._printed:
            self._printed = printed
            self._keep(printed)


def _beyond(these: Sequence[PrintedWarning], those: Sequence[PrintedWarning]) -> Iterator[PrintedWarning]:
    """Those of `these` that are not among `those`. They may have moved to other lines."""
    counts = Counter((each.file, each.what) for each in those)
    lines = {(each.file, each.what, each.line) for each in those}
    for each in sorted(these, key=lambda each: (each.file, each.what, each.line) not in lines):
        if counts[each.file, each.what]:
            counts[each.file, each.what] -= 1
        else:
            yield each


def _say_gone(gone: Sequence[PrintedWarning], left: int) -> None:
    for each in gone[:_MOST_GONE]:
        print(f"gone: {display_path(each.file)}  {each.what}", file=sys.stderr)
    if more := len(gone[_MOST_GONE:]):
        print(f"gone: {more} more", file=sys.stderr)
    print(f"{left or 'no'} warning{'s' * (left != 1)} left", file=sys.stderr)
