"""The explicit answer of one request, from the moment that it is given until the headers of an answer are sent."""

import logging
import sys
from threading import Lock
from traceback import walk_stack
from types import FrameType
from typing import Final

from starlette.responses import Response

from hyperpy.exceptions import HeadersSentError, Place
from hyperpy.pages.answers import AnsweredError, Redirect, decisive, unexpected
from hyperpy.pages.request.injected_response import InjectedResponse
from hyperpy.templates import TemplateHost

log: Final = logging.getLogger("hyperpy")

_lock: Final = Lock()


class AnsweredRequest(TemplateHost):
    """A request and the explicit answer that it has so far. The base of `Run`.

    `redirects` are all that it has made, in any task or thread. `kept` is the last one that a statement of the route
    file has received, and `explicit` the last other response. The answer is the first redirect that was not kept:
    whatever followed would not have run if it had not been dropped. Without one, it is what the route file returns or
    raises in the end, or else `kept`, or else `explicit`.
    """

    __slots__ = ("after", "explicit", "file", "is_sent", "kept", "redirects", "response")

    after: AnsweredRequest | None
    """The run that follows a guard's. It gets what the guard's tasks and threads answer from then on."""
    file: str
    explicit: Response | None
    kept: Redirect | None
    redirects: list[Redirect]
    response: InjectedResponse | None
    is_sent: bool
    """Whether the headers have been sent, or an error is about to be."""

    @property
    def is_strict(self) -> bool:
        """The application is in debug mode."""
        raise NotImplementedError

    def follow(self, before: AnsweredRequest) -> None:
        """Take over the answers of a guard's run that ended without one."""
        with _lock:
            before.after = self
            self.redirects, self.kept, self.explicit = before.redirects, before.kept, before.explicit

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

    def keep(self, response: Response) -> None:
        """The route file takes notice of a response: a redirect replaces the one kept before, any other discards it."""
        if isinstance(response, Redirect):
            self.register(response)
        with _lock:
            run = self._current()
            run.redirects = [each for each in run.redirects if each is response or each is not run.kept]
            run.kept = response if isinstance(response, Redirect) else None

    def give(self, response: Response) -> None:
        """Make any response the answer. Raises HeadersSentError if it is too late."""
        self.keep(response)
        if not isinstance(response, Redirect):
            with _lock:
                run = self._current()
                run._check_unsent(response)
                run.explicit = response

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
        return [each for each in self.redirects if each is not self.kept]

    def settled[A](self, answer: A) -> A | Response:
        """The answer to send in place of `answer`. In debug mode, logs the redirects that were dropped."""
        dropped = [each for each in self.dropped() if each is not answer]
        if self.is_strict:
            for redirect in [each for each in self.redirects if each is not answer]:
                _report(redirect)
        if dropped:
            return dropped[0]
        if isinstance(answer, Redirect):
            return answer
        return self.kept or (answer if isinstance(answer, Response) else self.explicit or answer)

    def answer_to(self, error: Exception) -> Response | None:
        """The answer in spite of an exception of the route: a redirect. Raises the exception if there is none.

        An exception on the way out of the blocks around a redirect that the file keeps, such as a failed commit, is an
        exception. What is raised after a redirect was dropped is only logged.
        """
        found = decisive(error)
        if isinstance(found, Redirect):
            self.register(found)
        elif not isinstance(found, AnsweredError) and not self.dropped():
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
