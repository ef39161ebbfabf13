"""The event that tells a client that its stream has failed. It can be made for any exception of the generator."""

import json
import logging
from http.client import responses
from typing import Final

from hyperpy.exceptions import HeadersSentError, HyperError, Place
from hyperpy.lazy import pydantic_core
from hyperpy.pages import Redirect, Run, decisive
from hyperpy.streams.framing import frame
from hyperpy.streams.stream_record import http_error, status_of
from hyperpy.tracebacks import users_traceback

logger: Final = logging.getLogger("hyperpy.streams")

# Sent instead of the message of an unexpected exception.
PUBLIC_MESSAGE: Final = "Something went wrong on our side."

# Milliseconds. Otherwise all clients of a failed route would reconnect within three seconds.
RETRY_AFTER_ERROR: Final = 30_000
RETRY_IN_DEBUG: Final = 1000  # the developer is about to fix it

# Most characters of a message, and of a structured detail or a traceback: they could be of any length.
LONGEST_MESSAGE: Final = 10_000
LONGEST_DETAIL: Final = 100_000


def stream_error(error: Exception, log_id: str, *, debug: bool = False, retry: int = RETRY_AFTER_ERROR) -> str:
    """The event `stream-error`. It has no id, so that a client that reconnects resumes where it was.

    With `debug`, it contains the traceback. `retry` is the milliseconds until the client reconnects.
    """
    text = pydantic_core.to_json(error_payload(error, log_id, debug=debug)).decode()
    if (detail := _structured_detail(error)) is not None:
        text = f'{text[:-1]},"detail":{detail}}}'
    return frame(text, event="stream-error", retry=retry)


def error_payload(error: Exception, log_id: str, *, debug: bool) -> dict[str, object]:
    """What a client is told of an error."""
    status = status_of(error)
    payload: dict[str, object] = {"status": status, "message": _message(error, status), "log": log_id}
    if debug:
        payload["details"] = _traceback(error)
    return payload


def _message(error: Exception, status: int) -> str:
    """The message for the visitor."""
    found = http_error(error)
    if found is None and status == 500:
        return PUBLIC_MESSAGE
    detail: object = found.detail if found is not None else ""
    text = str.__str__(detail) if isinstance(detail, str) else ""
    return _sendable(text, LONGEST_MESSAGE) or responses.get(status, "Error")


def _structured_detail(error: Exception) -> str | None:
    """The detail of an HTTPException as JSON, unless it is a str or can't be sent."""
    found = http_error(error)
    detail: object = found.detail if found is not None else None
    if detail is None or isinstance(detail, str):
        return None
    try:
        text = _json(detail)
    except Exception:
        logger.warning("the detail of this HTTPException can't be sent as JSON", exc_info=True)
        return None
    if len(text) > LONGEST_DETAIL:
        logger.warning("the detail of this HTTPException is too long to be sent: %d characters of JSON", len(text))
        return None
    return text


def _json(value: object) -> str:
    try:
        return pydantic_core.to_json(value, inf_nan_mode="null").decode()
    except ValueError:
        # `json` can encode lone surrogates, as escapes.
        return json.dumps(value, default=pydantic_core.to_jsonable_python, allow_nan=False)


def _traceback(error: Exception) -> str:
    try:
        text = users_traceback(error)
    except Exception:
        logger.exception("the traceback of this exception can't be formatted")
        text = type(error).__name__
    return _sendable(text, LONGEST_DETAIL)


def _sendable(text: str, length: int) -> str:
    return text[:length].encode("utf-8", "replace").decode()


def failure_of(run: Run | None, error: Exception) -> Exception | None:
    """The failure that a generator's exception means. None for a redirect: `on_start` refuses to start with one."""
    error = decisive(error)
    if run is None or not isinstance(error, Redirect):
        return error
    try:
        run.register(error)
    except HeadersSentError as late:
        return late
    return None


def located(error: HyperError, generator: object) -> HyperError:
    """The error, at the `yield` at which the generator stands."""
    frame = getattr(generator, "ag_frame", None)
    return error.at(Place(frame.f_code.co_filename, frame.f_lineno)) if frame is not None else error
