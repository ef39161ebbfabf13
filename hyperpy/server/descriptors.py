"""Logs when a process runs out of file descriptors: every connection takes one."""

import asyncio
import errno
import logging
import os
from collections.abc import Callable
from typing import Any

try:
    import resource
except ImportError:  # on Windows, where sockets aren't file descriptors
    _HAS_LIMIT = False
else:
    _HAS_LIMIT = True

logger = logging.getLogger("hyperpy.server")

_EXHAUSTED = (errno.EMFILE, errno.ENFILE)


class Descriptors:
    """Logs once that no descriptor is left, and once that some are free again.

    Both event loops survive this. uvloop silently closes the connections that it can't accept; asyncio leaves them
    waiting and reports an error thousands of times per second.
    """

    def __init__(self) -> None:
        self._exhausted = False
        self._handler: Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object] | None = None

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Handle the loop's errors about descriptors, and leave others to the handler that is set now."""
        self._handler = loop.get_exception_handler()
        loop.set_exception_handler(self._on_error)

    def check(self) -> None:
        """Try to open a descriptor, as a new connection would."""
        try:
            os.close(os.open(os.devnull, os.O_RDONLY))
            exhausted = False
        except OSError as error:
            exhausted = error.errno in _EXHAUSTED
        if exhausted:
            self._report()
        elif self._exhausted:
            self._exhausted = False
            logger.warning("File descriptors are available again: new connections are accepted.")

    def _on_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if getattr(context.get("exception"), "errno", None) in _EXHAUSTED and "accept" in context.get("message", ""):
            self._report()
        elif self._handler is not None:
            self._handler(loop, context)
        else:
            loop.default_exception_handler(context)

    def _report(self) -> None:
        if self._exhausted:
            return
        self._exhausted = True
        limit = f" {resource.getrlimit(resource.RLIMIT_NOFILE)[0]}" if _HAS_LIMIT else ""
        logger.error(
            "All%s file descriptors of process %d are in use: new connections are refused until some are closed. "
            "Every connection takes one. Raise the limit with ulimit -n, or LimitNOFILE= in systemd.",
            limit,
            os.getpid(),
        )
