"""One response object may answer several requests: each sends a copy."""

import copy
from collections.abc import Iterable

from starlette.responses import Response, StreamingResponse

from hyperpy.exceptions import AnswerError

_SENT = "_hyperpy_sent"


def own_copy(response: Response, headers: Iterable[tuple[bytes, bytes]] | None = None) -> Response:
    """A copy to send. Headers that middleware or `FileResponse` add to it don't reach other requests.

    Raises AnswerError for a `StreamingResponse` whose content has been sent before.
    """
    if isinstance(response, StreamingResponse):
        _use_up(response)
    own = copy.copy(response)
    own.raw_headers = list(response.raw_headers if headers is None else headers)
    vars(own).pop("_headers", None)  # Starlette's cache, which refers to the list of the original
    return own


def _use_up(response: StreamingResponse) -> None:
    if not hasattr(response.body_iterator, "__anext__"):
        return  # it can be iterated again
    if hasattr(response, _SENT):
        raise AnswerError(
            f"this {type(response).__name__} has been sent to another request, which has used up its content",
            hint="Make a new one for each request.",
        )
    setattr(response, _SENT, True)
