"""When Python's garbage collector runs, and which objects it looks at."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collection_paused", "freeze"]

_has_frozen = False


def freeze() -> None:
    """Keep the collector from looking at the objects of now: a process that is forked off would copy their memory."""
    global _has_frozen
    gc.freeze()
    _has_frozen = True


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
            # Frozen objects would be collected again. Python counts them one by one, which takes as long as a look.
            if not (_has_frozen or gc.get_freeze_count()):
                gc.freeze()
                gc.unfreeze()  # puts them into the oldest generation
            gc.enable()
