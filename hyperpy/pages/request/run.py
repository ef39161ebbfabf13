"""One request to one route: its namespace, inputs, body, loader and page. Requests share none of these."""

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from functools import partial
from inspect import isawaitable
from threading import Lock
from types import CodeType
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from hyperpy.exceptions import HyperError, InputError
from hyperpy.lazy import LazyModule
from hyperpy.pages.answers import AnsweredError, Redirect
from hyperpy.pages.facts import METHODS
from hyperpy.pages.loading.compiled.code import CompiledTemplate
from hyperpy.pages.loading.hidden_names import ENDED, PAGE, RUN
from hyperpy.pages.loading.route import Route
from hyperpy.pages.proxies import actual
from hyperpy.pages.request.answered_request import AnsweredRequest
from hyperpy.pages.request.body import BODILESS_METHODS, RequestBody, body_limit
from hyperpy.pages.request.data_answer import returned_answer
from hyperpy.pages.request.injected_response import InjectedResponse
from hyperpy.pages.request.no_answer import no_stream, no_template
from hyperpy.pages.request.reading import ABSENT, all_problems, read
from hyperpy.pages.request.request_state import STATE, RequestState, request_state
from hyperpy.pages.request.route_request import RouteRequest
from hyperpy.pages.request.threads import TaskMark, in_thread
from hyperpy.pages.submitted_bodies import FORMS
from hyperpy.sessions import SessionContent
from hyperpy.templates import Pending, allow_deferred, current_host
from hyperpy.tracebacks import raising_place

if TYPE_CHECKING:
    from hyperpy.forms import model_form
    from hyperpy.pages import body_inputs
    from hyperpy.pages.request import submitted_body
else:
    model_form = LazyModule("hyperpy.forms.model_form")
    body_inputs = LazyModule("hyperpy.pages.body_inputs")
    submitted_body = LazyModule("hyperpy.pages.request.submitted_body")

current: ContextVar[Run] = current_host

type Answer = Response | str | Pending | None


# Helpers in several threads may ask for the request or the response of one Run for the first time.
_making: Final = Lock()

_BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})
_FLAGGED: Final = METHODS | {"HEAD"}
_NOTHING: Final[Mapping[int, Any]] = {}
# Replaced, never changed. A new empty frozenset takes 216 bytes.
_NO_REDIRECTS: Final[list[Redirect]] = []
_NO_INPUTS: Final[frozenset[int]] = frozenset()
_NO_FUNCTIONS: Final[dict[str, Any]] = {}

_mark: Final[ContextVar[TaskMark]] = ContextVar("hyperpy.loader")


class Run(AnsweredRequest):
    """One request to a route file."""

    __slots__ = (
        "_token",
        "body",
        "digests",
        "error",
        "functions",
        "given_inputs",
        "headers_are_settled",
        "max_body",
        "namespace",
        "params",
        "prepared",
        "receive",
        "request_made",
        "route",
        "scope",
    )

    def __init__(
        self,
        route: Route,
        scope: Scope,
        receive: Receive,
        params: dict[str, str],
        *,
        error: BaseException | None = None,
        before: Run | None = None,
        max_body: int = 0,
    ) -> None:
        """`max_body` limits the request body, in bytes, where the route itself doesn't know it; 0 stands for its limit.

        `before` is the last guard's run, with which this one shares the request, its body and the response.
        """
        self.route = route
        self.file = route.file
        self.scope = scope
        self.receive = receive
        self.params = params
        self.max_body = max_body
        self.error = error
        self.collected = None
        self.digests: dict[str, bytes] | None = None
        self.response = self.explicit = self.held = self.bound = self.after = None
        self.redirects = self.received = _NO_REDIRECTS
        self.is_sent = self.headers_are_settled = False
        self.request_made: Request | None = None
        self.given_inputs = _NO_INPUTS
        self.body: RequestBody | None = None
        self.namespace: dict[str, Any] = route.definitions.copy()
        self.functions = _NO_FUNCTIONS
        if before is not None:
            self.response, self.request_made, self.body = before.response, before.request_made, before.body
            self.follow(before)

    def __enter__(self) -> None:
        """Make this the current run."""
        self._token = current.set(self)

    def __exit__(self, *_: object) -> None:
        current.reset(self._token)

    @property
    def request(self) -> Request:
        if self.request_made is None:
            with _making:
                if self.request_made is None:
                    limit = self.max_body or body_limit(self.route, self.scope)
                    self.body = RequestBody(self.receive, limit, debug=self.scope["app"].debug)
                    self.request_made = RouteRequest(self.scope, self.body.receive)
        return self.request_made

    async def read_body(self) -> None:
        """Read the rest of the body if the route may still use it: it has the request, or there is a body.

        A stream waits for the disconnect message, and would consume the messages of the body.
        """
        if self.request_made is None and not _BODY_HEADERS.isdisjoint(name for name, _ in self.scope["headers"]):
            _ = self.request
        if self.request_made is not None and self.body is not None and not self.body.is_read:
            await self.request_made.body()

    def injected_response(self) -> InjectedResponse:
        if self.response is None:
            with _making:
                if self.response is None:
                    response = InjectedResponse()
                    response.sent = self.is_sent or self.headers_are_settled
                    self.response = response
        return self.response

    @property
    def state(self) -> RequestState:
        """State that this run shares with the other runs of its request."""
        return request_state(self.scope)

    def session_content(self) -> SessionContent:
        return request_state(self.scope).session_content(self.scope)

    # -- inputs, for the compiled body --------------------------------------------------------------------------------

    async def read_inputs_from_body(self) -> None:
        await submitted_body.read_submitted(self.request, self.route)

    async def prepare(self) -> None:
        """Bind the inputs of which some have to be awaited: those that this method always reaches.

        Raises as `bind` does, and AnsweredError if the request has got an answer meanwhile. Without an input to await,
        does nothing: `bind` is called where the inputs stand.
        """
        method = self.scope["method"]
        self.prepared = {}
        problems: dict[str, str] = {}
        for index, given in self.route.prepared.get(method if method in _FLAGGED else "", ()):
            if given.dependency is not None:
                value = await self.state.dependencies.value(given.dependency, self, problems)
            else:
                value = read(given, self, problems)
                if self.is_answered:  # by an input marker of the site
                    raise AnsweredError
            if value is not ABSENT:
                self.prepared[index] = value
        if problems:
            raise InputError(problems)

    def bind(self, group: int) -> None:
        """Bind the inputs of one block.

        Raises HTTPException(404) if a path parameter is invalid, and InputError naming all other invalid inputs.
        """
        problems: dict[str, str] = {}
        prepared = self.prepared if self.route.prepared else _NOTHING
        for index, given in self.route.groups.get(group, ()):
            if index in prepared:
                value = prepared[index]
            elif given.dependency is not None:
                value = self.state.dependencies.value_now(given.dependency, self, problems)
            else:
                value = read(given, self, problems)
            if value is not ABSENT:
                self.namespace[given.name] = value
                if given.has_default:
                    self.given_inputs |= {index}
        if problems:
            raise InputError(all_problems(problems, group, self.route.inputs, self))

    def wants_initial(self, index: int) -> bool:
        """Whether a form of the route shows its initial values, so that these are evaluated."""
        return not self.namespace[self.route.inputs[index].name].is_bound

    def show_initial(self, index: int, initial: object) -> None:
        model_form.show_initial(self.namespace[self.route.inputs[index].name], initial)

    def given(self, index: int) -> bool:
        """Whether the request has a value for this input, so that its default is not evaluated."""
        return index in self.given_inputs

    # -- the stages ---------------------------------------------------------------------------------------------------

    @property
    def is_immediate(self) -> bool:
        """Whether it waits for nothing, so that it can be answered at once."""
        route = self.route
        return route.immediate and (not route.body_needs or self.scope["method"] in BODILESS_METHODS)

    async def answer(self, *, page: bool) -> Answer:
        """Run inputs, body and loader.

        Returns the explicit answer if there is one. Otherwise returns the page if `page`, or None: the stream may
        start.
        """
        with self:
            answer: Answer = None
            try:
                if self.route.body_needs:
                    await self.read_inputs_from_body()
                if self.route.prepared:
                    await self.prepare()
                if self.route.loader:
                    answer = await self._around_loader(page)
                elif self.route.blocking:
                    answer = await self._in_thread(page)
                else:
                    answer = self._straight(page)
            except Exception as error:  # noqa: BLE001 (`answer_to` raises it, unless there is a redirect)
                answer = self.answer_to(error)
            self.is_sent = isinstance(answer, str)  # from here on, a thread that was left behind is too late
            return self.settled(answer) if self.redirects or self.explicit is not None else answer

    def answer_at_once(self, *, page: bool) -> Answer:
        """`answer` for a request that waits for nothing (`is_immediate`)."""
        token = current.set(self)  # as `with self` does; without its calls, a short page takes 4 % less time
        answer: Answer = None
        try:
            answer = self._straight(page)
        except Exception as error:  # noqa: BLE001 (as above)
            answer = self.answer_to(error)
        finally:
            current.reset(token)
        self.is_sent = isinstance(answer, str)
        return self.settled(answer) if self.redirects or self.explicit is not None else answer

    async def _in_thread(self, page: bool) -> Answer:
        state: RequestState | None = self.scope.get(STATE)
        if state is None or not state.dependencies.held:
            return await run_in_threadpool(self._straight, page)
        return await in_thread(partial(self._straight, page), state.dependencies.held)

    def _straight(self, page: bool) -> Answer:
        answer = self._execute(self.route.before, inputs=True)
        return self._last(page) if answer is None else answer

    async def _around_loader(self, page: bool) -> Answer:
        answer = self._execute(self.route.before, inputs=True)
        if answer is None and not (self.redirects and self.dropped()):
            answer = await self._load()
        if answer is None and not (self.redirects and self.dropped()):
            answer = self._execute(self.route.after)
        return self._last(page) if answer is None else answer

    def _last(self, page: bool) -> Answer:
        """The answer after the body and the loader: an explicit one if there is any, else the page."""
        bound = self._bound_response() if self.route.responds else None
        is_page = page and bound is None and not self.redirects and self.explicit is None
        return self._page_to_send() if is_page else bound

    def _execute(self, code: CodeType | None, *, inputs: bool = False) -> Response | None:
        """The namespace has the Run only while the body is executed: later, the two would be a reference cycle."""
        if code is not None or self.route.groups:
            try:
                if inputs:
                    self.bind(0)
                    if self.redirects:  # an input marker has dropped one
                        return None
                if self.route.groups:
                    self.namespace[RUN] = self
                if code is not None:
                    exec(code, self.namespace)
            finally:
                self.namespace.pop(RUN, None)
                self._take_functions()
        return self.redirects[-1] if self.redirects and self.namespace.get(ENDED) else self.explicit

    def _take_functions(self) -> None:
        """Move the functions that no code names out of the namespace, which they keep alive: no cycle needs the gc."""
        for name in self.route.unreferenced:
            if name in self.namespace:
                if self.functions is _NO_FUNCTIONS:
                    self.functions = {}
                self.functions[name] = self.namespace.pop(name)

    def _function(self, name: str) -> Any:
        return self.functions[name] if name in self.functions else self.namespace[name]

    def _is_defined(self, name: str) -> bool:  # it may stand under `if POST and …:`
        return name in self.functions or name in self.namespace

    async def _load(self) -> Response | None:
        if not self._is_defined(self.route.loader):
            return None
        mark = TaskMark()
        token = _mark.set(mark)
        answer: Any = None
        try:
            answer = actual(await (answer := self._function(self.route.loader)()))
        except TypeError:
            if answer is None or isawaitable(answer):
                raise
            answer = actual(answer)  # of a decorator that isn't async
        finally:
            _mark.reset(token)
        left = ref(mark)
        del mark, token
        if left() is not None:  # a guard in a task that isn't awaited gets to run before the page is rendered
            await asyncio.sleep(0)
        if answer is None:
            return self.explicit
        self.settle_status()
        return returned_answer(answer, self.route, self.scope["method"], self.response)

    def _bound_response(self) -> Response | None:
        """The Response that the file has assigned to `response`. Raises an HTTPException that it has assigned."""
        bound = actual(self.namespace.get("response"))
        if isinstance(bound, HTTPException):
            raise bound
        return bound if isinstance(bound, Response) and bound is not self.response else None

    # -- the page -----------------------------------------------------------------------------------------------------

    def reached(self) -> CompiledTemplate | None:
        """The template that the body has reached last."""
        index = self.namespace.get(PAGE)
        return None if index is None else self.route.templates[index]

    def _reached(self) -> CompiledTemplate:
        if template := self.reached():
            return template
        raise no_template(self.route, self.scope["method"])

    def page(self) -> str:
        """The HTML of the template that the body has reached. Raises AnswerError if it has reached none."""
        return self.evaluate(self._reached())

    def _page_to_send(self) -> str | Pending:
        """The page for sending: then it may contain deferred values."""
        page = allow_deferred(self.evaluate, (template := self._reached(),), template.place)
        if FORMS in self.scope and body_inputs.is_refused(self.scope):
            self.settle_status()
            body_inputs.report_undisplayed(self.scope, page, template.place)
        return page

    def evaluate(self, template: CompiledTemplate) -> str:
        try:
            html: str = eval(template.code, self.namespace)
            return html.strip()
        except HyperError as error:
            raise error.at(raising_place(error) or template.place) from error.__cause__

    def stream(self) -> object:
        """The stream's generator, not yet started. A decorated function may return something else."""
        assert self.route.stream
        if not self._is_defined(self.route.stream.name):
            raise no_stream(self.route, self.scope["method"])
        with self:
            try:
                started: object = self._function(self.route.stream.name)()
            except Exception as error:  # noqa: BLE001 (`answer_to` raises it, unless there is a redirect)
                started = self.answer_to(error)
        self.functions = _NO_FUNCTIONS  # no other is called from now on
        return started
