"""A pause of Python's garbage collector, for work that leaves no garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collection_paused"]


@contextmanager
def collection_paused() -> Iterator[None]:
    """Keep the collector from running. What imports and compiled routes allocate stays, so it would only take time.

    At the end, all objects become old ones, without a look at them: that of the next collection would take as long.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            if not gc.get_freeze_count():  # or those of an application would be collected again
                gc.freeze()
                gc.unfreeze()  # puts them into the oldest generation
            gc.enable()
