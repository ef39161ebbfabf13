"""Waiting for the client of one request to disconnect."""

import asyncio
from types import TracebackType

from hyperpy.record_classes import record


@record(slots=True, eq=False)
class DisconnectWatch:
    """Around the calls of `receive` that wait for the disconnect message: they end if `interrupt` is called.

    It is no coroutine, which would have a frame in memory for as long as the stream is open.
    """

    interrupted: bool = False
    _watcher: asyncio.Task[object] | None = None  # the task that waits
    _cancelled_before: int = 0

    def __enter__(self) -> None:
        self._watcher = watcher = asyncio.current_task()
        assert watcher is not None
        self._cancelled_before = watcher.cancelling()

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> bool:
        self._watcher = None
        if not self.interrupted:
            return False
        watcher = asyncio.current_task()
        assert watcher is not None
        is_cancelled = watcher.uncancel() > self._cancelled_before  # by others too
        return kind is not None and issubclass(kind, asyncio.CancelledError) and not is_cancelled

    def interrupt(self, _: object = None) -> None:
        """End the wait as `asyncio.timeout` does: cancel the task, which then uncancels itself."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            self.interrupted = True
            watcher.cancel()
