"""Names the line of the user's code that holds up the event loop, and with it every other request."""

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Final

from hyperpy.dev.page_warnings import ENDS_WITH_UPDATE, RUN_WARNING
from hyperpy.exceptions import Place, message
from hyperpy.pages import LoadWarning
from hyperpy.user_files import is_users

LIMIT: Final = 0.5  # seconds
_BEATS: Final = 5  # per limit

_DEBUGGERS: Final = frozenset({"bdb", "pdb", "debugpy", "pydevd", "_pydevd_bundle", "IPython", "ipdb"})

log: Final = logging.getLogger("hyperpy")


class Watchdog:
    """A thread that looks at the event loop's thread while the loop doesn't run. Each function is reported once."""

    def __init__(self, limit: float = LIMIT) -> None:
        self._limit = limit
        self._pause = limit / _BEATS
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beaten = 0.0
        self._depth = 0  # how many frames of the loop's thread run the loop, and so are beneath its callbacks
        self._stopped = threading.Event()
        self._known: set[tuple[str, str]] = set()

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Watch a loop from its own thread; does nothing if it is watched already."""
        if self._loop is not None:
            return
        self._loop = loop
        self._beaten = time.monotonic()
        loop.call_soon(self._beat)
        threading.Thread(target=self._run, args=(threading.get_ident(),), name="watchdog", daemon=True).start()

    def close(self) -> None:
        self._stopped.set()

    def forget(self) -> None:
        """Report again what other code does."""
        self._known.clear()

    def _beat(self) -> None:
        self._beaten = time.monotonic()
        self._depth = sum(1 for _ in _frames(sys._getframe(1)))
        if self._loop is not None and not self._stopped.is_set():
            self._loop.call_later(self._pause, self._beat)

    def _run(self, thread: int) -> None:
        suspect: FrameType | None = None
        while not self._stopped.wait(self._pause):
            if time.monotonic() - self._beaten < self._limit:
                suspect = None
                continue
            frames = list(_frames(sys._current_frames().get(thread)))
            del frames[len(frames) - self._depth :]
            own = [frame for frame in frames if _is_own(frame)]
            # A call that is the same in two samples has held the loop: the process may have been suspended before.
            if own and own[-1] is suspect and not any(map(_is_debugger, frames)):
                self._report(own[0])
            suspect = own[-1] if own else None

    def _report(self, frame: FrameType) -> None:
        code = frame.f_code
        if (code.co_filename, code.co_qualname) in self._known:
            return
        self._known.add((code.co_filename, code.co_qualname))
        name = "this line" if code.co_name == "<module>" else f"{code.co_name}()"
        what = f"{name} has held the event loop for {self._limit:g} s, and with it every other request"
        hint = "Run it in a thread, `await asyncio.to_thread(…)`, or await an async function in its place."
        place = Place(code.co_filename, frame.f_lineno)
        extra = {RUN_WARNING: LoadWarning(what, place, hint), ENDS_WITH_UPDATE: True}
        log.warning("%s", message(what, place, hint), extra=extra)


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """The frames of a thread, innermost first."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_own(frame: FrameType) -> bool:
    return is_users(frame.f_code.co_filename) and "__name__" in frame.f_globals


def _is_debugger(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in _DEBUGGERS
