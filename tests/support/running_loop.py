"""Lets Playwright's event loop pause while the tests of other modules run loops of their own in the same thread."""

import asyncio
import sys


class RunningLoop:
    """The event loop that runs in this thread. Playwright's greenlet keeps one running between two calls."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._hooks = sys.get_asyncgen_hooks()

    def set_aside(self) -> None:
        """Make the thread one without a running loop."""
        asyncio._set_running_loop(None)
        sys.set_asyncgen_hooks(None, None)

    def resume(self) -> None:
        asyncio._set_running_loop(self._loop)
        sys.set_asyncgen_hooks(*self._hooks)
