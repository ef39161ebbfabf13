"""What `hyper check` finds in a site, looked for after each load while the site is served."""

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from hyperpy.pages import LoadWarning
from hyperpy.server.colours import coloured, has_colours

DELAY: Final = 0.5  # seconds in which pages follow the new code first

type Check = Callable[[], Sequence[LoadWarning]]

log: Final = logging.getLogger("hyperpy")


class BackgroundCheck:
    """Runs `check` in a thread, prints what it hasn't found before, and calls `show` with all of it.

    For the event loop. The thread ends with the process, which a restart must not wait for.
    """

    def __init__(self, check: Check, show: Callable[[Sequence[LoadWarning]], None], delay: float = DELAY) -> None:
        self._check = check
        self._show = show
        self._delay = delay
        self._found: Sequence[LoadWarning] = ()
        self._is_running = False
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Check soon. If other code comes meanwhile, the check is for that."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._delay, self._begin, asyncio.get_running_loop())

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._is_running:  # with the code before
            self.start()
            return
        self._timer, self._is_running = None, True
        threading.Thread(target=self._run, args=(loop,), name="hyper-dev-check", daemon=True).start()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        found: Sequence[LoadWarning] | None = None
        try:
            found = self._check()
        except Exception:
            log.exception("the site can't be checked")
        with suppress(RuntimeError):  # the process stops: the loop is closed
            loop.call_soon_threadsafe(self._take, found)

    def _take(self, found: Sequence[LoadWarning] | None) -> None:
        self._is_running = False
        if self._timer is not None or found is None:  # there is other code
            return
        known = {(warning.what, warning.place.file) for warning in self._found}
        for warning in found:
            if (warning.what, warning.place.file) not in known:
                text = str(warning)
                print(f"\n{coloured(text, is_error=False) if has_colours(sys.stderr) else text}", file=sys.stderr)
        is_changed, self._found = list(found) != list(self._found), found
        if is_changed:
            self._show(found)
