"""The dependencies of one request: their values, and the generators that are resumed at its end.

They behave like `with` blocks around the request, the first one outermost. A page or an explicit answer leaves them
normally, and so does a redirect, even a raised one: the client goes on. Any other exception is raised at their `yield`.
"""

import asyncio
import copy
import inspect
import logging
from collections.abc import Callable, Coroutine, Hashable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from contextvars import Context, copy_context
from functools import partial
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from hyperpy.exceptions import AnswerError, HeadersSentError
from hyperpy.pages.answers import AnsweredError, Redirect
from hyperpy.pages.loading.resolved_inputs import Dependency, DependencyKind
from hyperpy.pages.proxies import actual
from hyperpy.pages.request.reading import ABSENT, Reader, read
from hyperpy.pages.request.threads import in_thread
from hyperpy.record_classes import record

_GENERATOR: Final = """A generator yields its value once, and cleans up after that:

    resource = …
    try:
        yield resource
    finally:
        …"""

log: Final = logging.getLogger("hyperpy")


@record(frozen=True, slots=True)
class _Entered:
    """A generator at its `yield`."""

    dependency: Dependency
    manager: Any
    context: Context | None
    """Of a generator that runs in worker threads: it runs in the same context each time."""

    async def leave(self, error: BaseException | None, level: int) -> bool:
        """Resume it, or raise the error in it. Returns whether it has swallowed that."""
        details = (None, None, None) if error is None else (type(error), error, error.__traceback__)
        if isinstance(self.manager, AbstractAsyncContextManager):
            return bool(await self.manager.__aexit__(*details))
        assert isinstance(self.manager, AbstractContextManager)
        if self.context is None:
            return bool(self.manager.__exit__(*details))
        return bool(await in_thread(partial(self.context.run, self.manager.__exit__, *details), level))


class Dependencies:
    """The values that a request has got from its dependencies, and the generators to resume."""

    __slots__ = ("_entered", "_values")

    def __init__(self) -> None:
        self._values: dict[Hashable, tuple[Dependency, Any]] = {}
        self._entered: list[_Entered] = []

    @property
    def held(self) -> int:
        """How many generators hold something for this request."""
        return len(self._entered)

    def value_now(self, dependency: Dependency, run: Reader, problems: dict[str, str]) -> Any:
        """`value` for a dependency that need not be awaited. It is called in this thread."""
        coroutine: Coroutine[Any, Any, Any] = self.value(dependency, run, problems, in_place=True)
        try:
            coroutine.send(None)
        except StopIteration as done:
            return done.value
        coroutine.close()
        what = f"{dependency.name}() is overridden by something async, but is called where nothing can be awaited"
        raise AnswerError(what, hint="Override it with a function or generator that isn't async.")

    async def value(
        self, dependency: Dependency, run: Reader, problems: dict[str, str], *, in_place: bool = False
    ) -> Any:
        """The value of a dependency in this request. ABSENT if some of its inputs are invalid, which are in `problems`.

        Raises AnsweredError if the request has got an answer meanwhile.
        """
        key = dependency.key
        if key in self._values:
            return self._values[key][1]
        overrides: Mapping[Dependency, Dependency] = run.scope["app"].overrides
        if overrides:
            dependency = overrides.get(dependency, dependency)
        arguments: dict[str, Any] = {}
        invalid: dict[str, str] = {}
        for given in dependency.inputs:
            if given.dependency is not None:
                value = await self.value(given.dependency, run, invalid, in_place=in_place)
            else:
                value = read(given, run, invalid)
                if run.is_answered:  # by an input marker of the site
                    raise AnsweredError
            if value is not ABSENT:
                arguments[given.name] = value
            elif given.name in dependency.defaults:
                arguments[given.name] = _own(dependency.defaults[given.name])
        if invalid:
            problems.update(invalid)
            return ABSENT
        value = await self._called(dependency, run, arguments, in_place)
        _check(value, dependency, run)
        self._values[key] = (dependency, value)
        return value

    async def _called(self, dependency: Dependency, run: Reader, arguments: dict[str, Any], in_place: bool) -> Any:
        positional = [arguments.pop(name, dependency.defaults.get(name)) for name in dependency.positional]
        call = partial(dependency.call, *positional, **arguments)
        is_blocking = dependency.blocking and not in_place
        match dependency.kind:
            case DependencyKind.VALUE:
                return await in_thread(call, self.held) if is_blocking else call()
            case DependencyKind.AWAITABLE:
                result = call()
                return await result if inspect.isawaitable(result) else result
        manager = call()
        try:
            if dependency.kind is DependencyKind.ASYNC_CONTEXT:
                value, context = await manager.__aenter__(), None
            elif not dependency.blocking:
                value, context = manager.__enter__(), None
            else:
                context = copy_context()
                return await self._entered_in_thread(dependency, manager, context, in_place)
        except RuntimeError as error:
            misuse = _misused(error, dependency)
            if misuse is error:
                raise
            raise AnsweredError if run.is_answered else misuse from None
        self._entered.append(_Entered(dependency, manager, context))
        return value

    async def _entered_in_thread(self, dependency: Dependency, manager: Any, context: Context, in_place: bool) -> Any:
        enter: Callable[[], Any] = manager.__enter__

        def entered() -> Any:
            """Also if the request is cancelled meanwhile, it has to be left."""
            value = context.run(enter)
            self._entered.append(_Entered(dependency, manager, context))
            return value

        return entered() if in_place else await in_thread(entered, self.held)

    async def close(self, run: Reader, error: BaseException | None, limit: float | None = None) -> BaseException | None:
        """Resume the generators, the last one first, or raise the error of the request in them.

        Returns the exception with which the request ends. For its error page, what does not depend on a generator
        keeps its value. A generator that takes longer than `limit` seconds is cancelled.
        """
        while self._entered:
            level = self.held
            entered = self._entered.pop()
            async with asyncio.timeout(limit) as timer:
                error = await _left(entered, run, error, level)
            if timer.expired():
                what = "%s  the clean-up of %s() took longer than %g s and was cancelled"
                log.warning(what, entered.dependency.place, entered.dependency.name, limit)
        if error is None:
            self.forget()
        self._values = {key: (each, value) for key, (each, value) in self._values.items() if not each.holds}
        return error

    def forget(self) -> None:
        """Drop all values at the end of the request: they may refer back to it."""
        self._values.clear()


async def _left(entered: _Entered, run: Reader, error: BaseException | None, level: int) -> BaseException | None:
    dependency = entered.dependency
    try:
        is_swallowed = await entered.leave(error, level)
    except Redirect as redirect:
        try:
            run.register(redirect)
        except HeadersSentError as late:
            return late
        return error
    except RuntimeError as raised:
        return raised if raised is error else _misused(raised, dependency)
    except BaseException as raised:  # noqa: BLE001 (it is what the request ends with)
        return raised
    if is_swallowed and error is not None:
        what = "%s  %s() has swallowed the exception that ended the request: %r. It ends the request all the same. "
        log.error(what + "Raise it again after the clean-up: `raise`.", dependency.place, dependency.name, error)
    return error


def _own(default: object) -> object:
    """A default that requests may change without sharing it."""
    return copy.copy(default) if isinstance(default, (list, dict, set)) else default


def _check(value: object, dependency: Dependency, run: Reader) -> None:
    """Raises what the value of a dependency must not be: as a value, a refusal would have no effect."""
    if isinstance(value, (Redirect, HTTPException)):
        raise value
    if run.is_answered:
        raise AnsweredError
    is_response = isinstance(value, Response) and actual(value) is not run.response
    if not (is_response or inspect.iscoroutine(value)):
        return
    if isinstance(value, Response):
        hint = "To refuse the request, raise an HTTPException. To redirect, return or raise `redirect(…)`."
    else:
        value.close()  # type: ignore[attr-defined]
        hint = f"Await it: write `async def {dependency.name}(…)`."
    what = f"{dependency.name}() returned a {type(value).__name__}, which is not a value"
    raise AnswerError(what, place=dependency.place, hint=hint)


def _misused(error: RuntimeError, dependency: Dependency) -> Exception:
    """The error of a generator that doesn't yield exactly once; any other RuntimeError as it is."""
    if str(error) not in {"generator didn't yield", "generator didn't stop"} or not _is_contextlibs(error):
        return error
    what = f"{dependency.name}() yielded no value" if "yield" in str(error) else f"{dependency.name}() yielded twice"
    return AnswerError(what, place=dependency.place, hint=_GENERATOR)


def _is_contextlibs(error: RuntimeError) -> bool:
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is not None and traceback.tb_frame.f_globals.get("__name__") == "contextlib"
