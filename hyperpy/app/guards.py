"""The guards of one request: which it has passed, and what they have set on its response."""

import copy
from collections.abc import Iterable

from starlette.responses import Response
from starlette.types import Receive, Scope

from hyperpy.pages import Route, Run

type RawHeader = tuple[bytes, bytes]


class Guards:
    """Runs the guards of a request, each of them once.

    A guard runs before the routes and the error pages of its folder. The `headers` that guards have set belong to every
    answer of the request, whoever gives it.
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
                answer = await self._run(guard, params)
                if answer is not None:
                    return answer
        return None

    async def _run(self, guard: Route, params: dict[str, str]) -> tuple[Run, Response] | None:
        self.last = run = Run(guard, self.scope, self.receive, params, before=self.last, max_body=self.max_body)
        try:
            answer = run.answer_at_once(page=False) if guard.immediate else await run.answer(page=False)
        finally:
            self.headers = tuple(run.response.raw_headers) if run.response else ()
        if answer is None:
            self.passed.add(id(guard))
            return None
        assert isinstance(answer, Response)
        return run, answer

    def has_passed(self, guards: Iterable[Route]) -> bool:
        return self.passed.issuperset(map(id, guards))


def with_missing(response: Response, guards: Guards) -> Response:
    """The response, or a copy of it with the headers that guards have set and the response hasn't."""
    if not guards.headers:
        return response
    response = copy.copy(response)
    response.raw_headers = [*response.raw_headers, *missing(response, guards.headers)]
    return response


def missing(response: Response, headers: Iterable[RawHeader]) -> list[RawHeader]:
    """The headers that a response does not set itself. Cookies and `Vary` add up."""
    own = {name.lower() for name, _ in response.raw_headers} - {b"set-cookie", b"vary"} | {b"content-length"}
    return [(name, value) for name, value in headers if name.lower() not in own]
