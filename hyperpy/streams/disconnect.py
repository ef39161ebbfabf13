"""Waiting for the client of one request to disconnect."""

import asyncio

from starlette.types import Receive

from hyperpy.record_classes import record


@record(slots=True, eq=False)
class DisconnectWatch:
    """Lets a task wait for the disconnect message until it comes, or another task ends, or `interrupt` is called."""

    _watcher: asyncio.Task[object] | None = None  # the task that waits

    async def disconnects(self, receive: Receive, work: asyncio.Task[None]) -> bool:
        """Return whether the client has disconnected before `work` was done, or the wait interrupted."""
        watcher = asyncio.current_task()
        assert watcher is not None
        cancelled_before = watcher.cancelling()
        self._watcher = watcher
        work.add_done_callback(self.interrupt)
        try:
            # The body has been read already: messages with the rest of it don't matter here.
            while (await receive())["type"] != "http.disconnect":
                pass
        except asyncio.CancelledError:
            if self._watcher is not None or watcher.cancelling() > cancelled_before + 1:
                raise
        finally:
            interrupted, self._watcher = self._watcher is None, None
            work.remove_done_callback(self.interrupt)
            if interrupted:
                watcher.uncancel()
        return not interrupted

    def interrupt(self, _: object = None) -> None:
        """End the wait as `asyncio.timeout` does: cancel the task, which then uncancels itself."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.cancel()
