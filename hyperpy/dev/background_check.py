"""What `hyper check` finds in a site, looked for after each load while the site is served."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from hyperpy.pages import LoadWarning

DELAY: Final = 0.5  # seconds in which pages follow the new code first

type Check = Callable[[], Sequence[LoadWarning]]

log: Final = logging.getLogger("hyperpy")


class BackgroundCheck:
    """Runs `check` in a thread, and calls `show` with what it finds.

    For the event loop. The thread ends with the process, which a restart must not wait for.
    """

    def __init__(self, check: Check, show: Callable[[Sequence[LoadWarning]], None], delay: float = DELAY) -> None:
        self._check = check
        self._show = show
        self._delay = delay
        self._is_running = False
        self._is_held = False
        self._timer: asyncio.TimerHandle | None = None

    def hold(self) -> None:
        """Other code is being loaded, and the site is incomplete until then. Check nothing before the next `start`."""
        self._is_held = True
        self._cancel()

    def start(self) -> None:
        """Check soon. If other code comes meanwhile, the check is for that."""
        self._is_held = False
        self._cancel()
        self._timer = asyncio.get_running_loop().call_later(self._delay, self._begin, asyncio.get_running_loop())

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._is_running:  # with the code before
            self.start()
            return
        self._timer, self._is_running = None, True
        threading.Thread(target=self._run, args=(loop,), name="hyper-dev-check", daemon=True).start()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            done = partial(self._show, self._check())
        except Exception as error:  # noqa: BLE001 (it is logged unless there is other code)
            done = partial(log.error, "the site can't be checked", exc_info=error)
        with suppress(RuntimeError):  # the process stops: the loop is closed
            loop.call_soon_threadsafe(self._end, done)

    def _end(self, done: Callable[[], None]) -> None:
        self._is_running = False
        if self._timer is None and not self._is_held:  # there is no other code
            done()
