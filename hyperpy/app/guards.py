"""The guards of one request: which it has passed, and what they have set on its response."""

import asyncio
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Final
from weakref import ref

from starlette.responses import Response
from starlette.types import Receive, Scope

from hyperpy.pages import Route, Run, TaskMark

type RawHeader = tuple[bytes, bytes]

# Seconds to wait for tasks that a guard has started and not awaited. A task that never ends must not hold requests up.
LEFT_BEHIND: Final = 1.0


class Guards:
    """Runs the guards of a request, each of them once.

    A guard runs before the routes and the error pages of its folder. The `headers` that guards have set belong to every
    answer of the request.
    """

    __slots__ = ("headers", "last", "max_body", "passed", "receive", "scope")

    def __init__(self, scope: Scope, receive: Receive, max_body: int) -> None:
        self.scope = scope
        self.receive = receive
        self.max_body = max_body
        self.last: Run | None = None
        self.headers: tuple[RawHeader, ...] = ()
        self.passed: set[int] = set()  # by identity

    async def answer(self, guards: Iterable[Route], params: dict[str, str]) -> tuple[Run, Response] | None:
        """Run the guards that have not been passed yet. Returns the answer of the first that gives one.

        None lets the request pass. Raises what a guard raises.
        """
        for guard in guards:
            if id(guard) not in self.passed:
                own = guard.by_method.get(self.scope["method"], guard)
                run = Run(own, self.scope, self.receive, params, before=self.last, max_body=self.max_body)
                self.last = run
                try:
                    answer = await _answer(run)
                finally:
                    self.headers = tuple(run.response.raw_headers) if run.response else ()
                if answer is not None:
                    return run, answer
                self.passed.add(id(guard))
        return None

    def has_passed(self, guards: Iterable[Route]) -> bool:
        return self.passed.issuperset(map(id, guards))


async def _answer(run: Run) -> Response | None:
    """The answer of a guard; None if the request has passed it."""
    if not run.route.loader:  # what isn't async leaves no tasks behind
        answer = run.answer_at_once(page=False) if run.is_immediate else await run.answer(page=False)
    else:
        mark = TaskMark()
        token = _mark.set(mark)
        try:
            answer = await run.answer(page=False)
        finally:
            _mark.reset(token)
        left = ref(mark)
        del mark, token
        if answer is None and left() is not None:
            answer = await _answer_of_tasks(run, left)
    assert answer is None or isinstance(answer, Response)
    return answer


# Set while a guard with a loader runs.
_mark: Final[ContextVar[TaskMark | None]] = ContextVar("hyperpy.guard", default=None)


async def _answer_of_tasks(run: Run, left: ref[TaskMark]) -> Response | None:
    """Wait for the tasks that a guard has not awaited: the request may have to be refused by one of them."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LEFT_BEHIND
    while not run.is_answered and (mark := left()) is not None:
        tasks = [task for task in asyncio.all_tasks() if task.get_context().get(_mark) is mark]
        seconds = deadline - loop.time()
        if not tasks or seconds <= 0:
            break
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    answer: Response | None = run.settled(None)
    return answer


def missing(response: Response, headers: Iterable[RawHeader]) -> list[RawHeader]:
    """The headers that a response does not set itself, except for the length. Cookies and `Vary` add up."""
    own = {name.lower() for name, _ in response.raw_headers} - {b"set-cookie", b"vary"} | {b"content-length"}
    return [(name, value) for name, value in headers if name.lower() not in own]
