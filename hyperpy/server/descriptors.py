"""The file descriptors of a process, which every connection takes one of, when they run out."""

import asyncio
import errno
import logging
import os
import resource
from collections.abc import Callable
from typing import Any

logger = logging.getLogger("hyperpy.server")

type ExceptionHandler = Callable[[asyncio.AbstractEventLoop, dict[str, Any]], object]

_EXHAUSTED = (errno.EMFILE, errno.ENFILE)


class Descriptors:
    """Says once that no descriptor is left, and once that there are some again.

    The event loops keep going by themselves. uvloop closes the connections that it can't have and does not say so;
    asyncio leaves them waiting and says so thousands of times in a second.
    """

    def __init__(self) -> None:
        self._exhausted = False
        self._handler: ExceptionHandler | None = None

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hears what the loop has to say of it from now on, and leaves the rest to the handler that is there."""
        self._handler = loop.get_exception_handler()
        loop.set_exception_handler(self._on_error)

    def check(self) -> None:
        """Tries to have a descriptor, as a connection would."""
        exhausted = False
        try:
            os.close(os.open(os.devnull, os.O_RDONLY))
        except OSError as error:
            exhausted = error.errno in _EXHAUSTED
        if exhausted:
            self._tell()
        elif self._exhausted:
            self._exhausted = False
            logger.warning("There are file descriptors again: new connections are taken.")

    def _on_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if getattr(context.get("exception"), "errno", None) in _EXHAUSTED and "accept" in context.get("message", ""):
            self._tell()
        elif self._handler is not None:
            self._handler(loop, context)
        else:
            loop.default_exception_handler(context)

    def _tell(self) -> None:
        if self._exhausted:
            return
        self._exhausted = True
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        logger.error(
            "All %d file descriptors of process %d are in use: new connections are refused until some are closed. "
            "Every connection takes one; raise the limit (ulimit -n, or LimitNOFILE= in systemd).",
            limit,
            os.getpid(),
        )
