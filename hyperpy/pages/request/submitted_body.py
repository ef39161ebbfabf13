"""Reads and parses the body of a request for all inputs from it, before the route's body runs."""

from json import detect_encoding
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request

from hyperpy.exceptions import AnswerError
from hyperpy.forms import Submission, SubmittedJSON
from hyperpy.lazy import lazy_pattern
from hyperpy.pages.facts import FLAGS
from hyperpy.pages.loading.body.needs import body_markers
from hyperpy.pages.loading.route import Route
from hyperpy.pages.request.route_request import LARGE, RouteRequest
from hyperpy.pages.submitted_bodies import SUBMITTED, BodyNeeds, SubmittedBody, submitted_body

MAX_VALUES: Final = 100_000
"""Values of a JSON body, about. pydantic needs 350 bytes for each that is invalid, and there is no limit to errors."""

_JSON_TYPE: Final = lazy_pattern(r"application/(?:[^/ ]+\+)?json")
_FORM_TYPES: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


async def read_submitted(request: Request, route: Route) -> None:
    """Read what a route needs of the body, unless an earlier run of the request has.

    Raises HTTPException(415) for a type that no input takes, and 400 or 413 for a body that can't be read.
    """
    method = request.method if request.method in FLAGS or request.method == "HEAD" else ""
    needs = route.body_needs.get(method)
    if needs is None:
        return
    assert isinstance(request, RouteRequest)
    known = submitted_body(request.scope)
    raw, form = known.raw, known.form
    if needs.raw and raw is None:
        raw = await _raw_body(request)
    if (needs.form or needs.json) and form is None:
        form = await _submission(request, needs)
    request.scope[SUBMITTED] = SubmittedBody(raw, form)
    if form is not None and form.size >= LARGE:
        await run_in_threadpool(_validate, form, route, method)


def _validate(submission: Submission, route: Route, method: str) -> None:
    """Validate a large body for all inputs that may read it, so that other requests needn't wait for it."""
    for given in route.inputs:
        for marker in body_markers(given) if given.methods is None or method in given.methods else ():
            if (validator := marker.validator(method, submission)) is not None:
                submission.validate_ahead(validator)


async def _raw_body(request: RouteRequest) -> bytes:
    try:
        return await request.body()
    except RuntimeError:
        hint = "Take `raw: bytes = Body()` in the guard as well, or read the form in the route only."
        raise AnswerError("the body was read as a form by a guard, and is not kept", hint=hint) from None


async def _submission(request: RouteRequest, needs: BodyNeeds) -> Submission:
    if _has_no_body(request):
        return Submission()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if needs.form and kind == "multipart/form-data":
        return Submission(tuple((await request.form()).multi_items()))
    body = await _raw_body(request)
    if not body:
        return Submission()
    if needs.form and kind in _FORM_TYPES:
        return Submission(tuple((await request.form()).multi_items()))
    if _JSON_TYPE.fullmatch(kind):
        if body.count(b",") > MAX_VALUES:
            raise HTTPException(400, f"The body has more than {MAX_VALUES} values.")
        value = await request.json()
        return Submission(json=SubmittedJSON(_utf_8(body), value))
    raise _unsupported(kind, needs)


def _utf_8(text: bytes) -> bytes:
    """A JSON text, read without an error, as pydantic takes it: in UTF-8, and without a byte order mark."""
    encoding = detect_encoding(text)
    return text if encoding == "utf-8" else text.decode(encoding).encode()


def _has_no_body(request: RouteRequest) -> bool:
    return request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers


def _unsupported(kind: str, needs: BodyNeeds) -> HTTPException:
    taken = "a form (application/x-www-form-urlencoded or multipart/form-data) or JSON" if needs.form else "JSON"
    what = f"A body of the type {kind[:100]}" if kind else "A body without a Content-Type"
    return HTTPException(415, f"{what} is not supported here. Send {taken}.")
