"""The explicit answer of one request, from the moment that it is given until the headers of an answer are sent."""

import logging
import sys
from threading import Lock
from traceback import walk_stack
from types import FrameType
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from hyperpy.exceptions import HeadersSentError, Place, TemplateError
from hyperpy.lazy import LazyModule
from hyperpy.pages.answers import AnsweredError, Redirect, decisive, unexpected
from hyperpy.pages.datastar_requests import is_datastar
from hyperpy.pages.request.injected_response import InjectedResponse
from hyperpy.pages.submitted_bodies import FORMS
from hyperpy.templates import TemplateHost

if TYPE_CHECKING:
    from hyperpy.pages import body_inputs
else:
    body_inputs = LazyModule("hyperpy.pages.body_inputs")

log: Final = logging.getLogger("hyperpy")

_lock: Final = Lock()


class AnsweredRequest(TemplateHost):
    """A request and the explicit answer that it has so far. The base of `Run`.

    The first of these that exists is sent in place of a page or a stream:

    1. the first redirect that was dropped: what followed it would not have run if it had not been dropped;
    2. the redirect that the route file returns or raises in the end;
    3. the last redirect that a statement of the route file has received;
    4. any other response that the route file returns in the end;
    5. `explicit`, the last other response that a statement of the route file has received.
    """

    __slots__ = (
        "_has_fragments",
        "after",
        "bound",
        "explicit",
        "file",
        "held",
        "is_sent",
        "received",
        "redirects",
        "response",
    )

    after: AnsweredRequest | None
    """The run that follows a guard's. It gets what the guard's tasks and threads answer from then on."""
    scope: Scope
    file: str
    response: InjectedResponse | None
    redirects: list[Redirect]
    """All that were made, in any task or thread, except those that the route file has replaced."""
    received: list[Redirect]
    """The redirects that have reached a statement of the route file, and so were not dropped."""
    held: Redirect | None
    """The last one assigned to a variable on which the file goes on to work."""
    bound: Redirect | None
    """The last one assigned to `response`."""
    explicit: Response | None
    is_sent: bool
    """Whether the headers have been sent, or an error is about to be."""

    @property
    def is_strict(self) -> bool:
        """The application is in debug mode."""
        return bool(getattr(self.scope.get("app"), "debug", False))

    @property
    def has_fragments(self) -> bool:
        """Whether `render` has been asked for fragments."""
        return hasattr(self, "_has_fragments")  # most requests need not even say that it is false

    def injected_response(self) -> InjectedResponse:
        """The `response` of this request, made on first use."""
        raise NotImplementedError

    def settle_status(self) -> int:
        """The status of what the route renders: the one that it has set, or 422 if a form was refused.

        Datastar shows no answer with another status than 200.
        """
        if FORMS in self.scope and body_inputs.is_refused(self.scope) and not is_datastar(Headers(scope=self.scope)):
            injected = self.injected_response()
            if not (injected.has_own_status or injected.sent):
                injected.status_code = 422
        return self.response.status_code if self.response else 200

    def mark_fragments(self) -> None:
        self._has_fragments = True

    def follow(self, before: AnsweredRequest) -> None:
        """Take over the answers of a guard's run that ended without one."""
        with _lock:
            before.after = self
            self.redirects, self.received = before.redirects, before.received
            self.held, self.bound, self.explicit = before.held, before.bound, before.explicit

    def _current(self) -> AnsweredRequest:
        """The last run of this request. Call it with the lock."""
        run = self
        while run.after is not None:
            run = run.after
        return run

    def register(self, redirect: Redirect) -> None:
        """Make a redirect the answer. May be called from any thread. Raises HeadersSentError if it is too late."""
        if self.is_strict and not redirect.origin:
            redirect.origin = _origin(self.file)
        with _lock:
            run = self._current()
            run._check_unsent(redirect)
            if redirect not in run.redirects:
                run.redirects = [*run.redirects, redirect]

    def receive_answer(self, response: Response) -> None:
        """A statement of the route file evaluates to a response. Raises HeadersSentError if it is too late."""
        if isinstance(response, Redirect):
            self.register(response)
            with _lock:
                run = self._current()
                run.received = [*run.received, response]
            return
        with _lock:
            run = self._current()
            run._check_unsent(response)
            run.explicit = response
            run._discard(run.bound)
            run.bound = None

    def hold(self, redirect: Redirect) -> None:
        """The route file assigns a redirect to a variable on which it goes on to work, instead of an earlier one."""
        self.receive_answer(redirect)
        with _lock:
            run = self._current()
            run._discard(run.held if run.held is not redirect else None)
            run.held = redirect

    def bind_response(self, response: Response) -> None:
        """The route file assigns to `response`. That replaces the redirect that it has assigned before."""
        with _lock:
            run = self._current()
            run._discard(run.bound if run.bound is not response else None)
            run.bound = response if isinstance(response, Redirect) else None
        if isinstance(response, Redirect):
            self.receive_answer(response)

    def _discard(self, redirect: Redirect | None) -> None:
        """Call it with the lock."""
        self.redirects = [each for each in self.redirects if each is not redirect]

    def _check_unsent(self, response: Response) -> None:
        if self.is_sent:
            what = f"redirect {response}" if isinstance(response, Redirect) else f"send a {type(response).__name__}"
            raise HeadersSentError(
                f"it is too late to {what}: the headers of the answer have been sent already",
                hint="Do it in the body or in the loader: both run before a stream starts.",
            )

    # -- the end ------------------------------------------------------------------------------------------------------

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer that takes the place of a page or a stream."""
        return bool(self.redirects) or self.explicit is not None

    def dropped(self) -> list[Redirect]:
        """The redirects that no statement of the route file has received so far."""
        return [each for each in self.redirects if each not in self.received]

    def settled[A](self, answer: A) -> A | Response:
        """The answer to send in place of `answer`. In debug mode, logs the redirects that were dropped."""
        if self.is_strict:
            for redirect in [each for each in self.redirects if each is not answer]:
                _report(redirect)
        dropped = [each for each in self.dropped() if each is not answer]
        if dropped or (self.redirects and not isinstance(answer, Redirect)):
            return (dropped or self.redirects[-1:])[0].with_traceback(None)
        return answer if self.explicit is None or isinstance(answer, Response) else self.explicit

    def answer_to(self, error: Exception) -> Response | None:
        """The answer in spite of an exception of the route: a redirect. Raises the exception if there is none.

        An exception on the way out of the blocks around a redirect that the file has received, such as a failed commit,
        is an exception. What is raised after a redirect was dropped is only logged.
        """
        found = decisive(error)
        is_rendered = isinstance(found, TemplateError) and self.explicit is not None  # a component has returned it
        if isinstance(found, AnsweredError) or is_rendered:
            return next((each for each in reversed(self.redirects) if each in self.received), None)
        if isinstance(found, Redirect):
            self.register(found)
        elif not self.dropped():
            self.is_sent = True
            raise error
        if (bug := unexpected(error)) is not None:
            log.error("%s: an exception besides a redirect, which is the answer", self.file, exc_info=bug)
        return found.with_traceback(None) if isinstance(found, Redirect) else None

    def start(self) -> None:
        """The headers of a page or a stream are about to be sent. Raises AnsweredError if there is another answer."""
        with _lock:
            if self.is_answered:
                raise AnsweredError
            self.is_sent = True


def _origin(route_file: str) -> str:
    """The line of the user's code that is making a redirect, and the line of the route file that led there."""
    places = [Place(frame.f_code.co_filename, line) for frame, line in walk_stack(sys._getframe(2)) if _is_users(frame)]
    led = next((place for place in places if place.file == route_file), None)
    return str(places[0]) if led in (None, places[0]) else f"{places[0]}, called from {led}"


def _is_users(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] != "hyperpy"


def _report(redirect: Redirect) -> None:
    log.warning(
        "%s  the redirect to %s was dropped. It is the answer all the same, but the code after it ran. "
        "Return it, or raise it: `raise redirect(…)`.",
        redirect.origin or "somewhere",
        redirect.headers["location"],
    )
