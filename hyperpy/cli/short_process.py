"""A command that ends soon: its memory is freed by the end of the process."""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def short_process() -> Iterator[list[object]]:
    """Collect no garbage, in here or when the process ends. Nor does that free what is added to the list.

    Of the time that it takes to check a large site, a quarter went into that.
    """
    enabled = gc.isenabled()
    gc.disable()
    kept: list[object] = []
    kept.append(kept)  # only the collector could free a cycle
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
    try:
        yield kept
    finally:
        if enabled:
            gc.enable()
