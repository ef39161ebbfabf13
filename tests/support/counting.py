"""Counts instead of times: what code does is the same on every machine and under any load."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

TOOL = 4  # of sys.monitoring, which leaves it to anybody; coverage.py is 1


@contextmanager
def counted_instructions(*folders: str) -> Iterator[Counter[CodeType]]:
    """The bytecode instructions that the code in these folders executes, in this block and by function."""
    counter: Counter[CodeType] = Counter()
    monitoring, event = sys.monitoring, sys.monitoring.events.INSTRUCTION

    def count(code: CodeType, _offset: int) -> object:
        if not code.co_filename.startswith(folders):
            return monitoring.DISABLE
        counter[code] += 1
        return None

    monitoring.use_tool_id(TOOL, "tests")
    monitoring.register_callback(TOOL, event, count)
    monitoring.set_events(TOOL, event)
    try:
        yield counter
    finally:
        monitoring.set_events(TOOL, 0)
        monitoring.free_tool_id(TOOL)


@contextmanager
def counted_scheduling() -> Iterator[Counter[str]]:
    """The tasks and handles that are created in the running event loop, by the name of its method."""
    loop, counter = asyncio.get_running_loop(), Counter[str]()

    def counting(name: str) -> Callable[..., Any]:
        method = getattr(loop, name)

        def call(*args: Any, **options: Any) -> Any:
            counter[name] += 1
            return method(*args, **options)

        return call

    names = ("create_task", "call_soon", "call_at")
    vars(loop).update({name: counting(name) for name in names})
    try:
        yield counter
    finally:
        for name in names:
            del vars(loop)[name]
