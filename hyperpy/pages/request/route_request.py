"""The Request of a route file: what a client leaves out or sends malformed raises a 4xx, as invalid inputs do.

Starlette's own errors for these (KeyError, JSONDecodeError) are base classes of ours, so that code which catches them
still does.
"""

import json
import math
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, Final, Never
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL, FormData, Headers, QueryParams
from starlette.datastructures import UploadFile as StarletteUpload
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from hyperpy.exceptions import InputError
from hyperpy.forms import UploadFile
from hyperpy.lazy import lazy_pattern
from hyperpy.pages.request.request_state import request_state
from hyperpy.sessions import ExplicitSession, Session

# Nesting that pydantic and JavaScript libraries read too. Beyond it, encoding the value again may overflow the stack.
MAX_DEPTH: Final = 200

_SURROGATE: Final = lazy_pattern(rb"\\u[dD][89a-fA-F]")

_FILE_ATTRIBUTES: Final = frozenset({"close", "content_type", "file", "filename", "headers", "read", "seek", "size"})

# Not text encodings for the web (https://encoding.spec.whatwg.org/): the first two take quadratic time to decode.
_UNFIT_CHARSETS: Final = lazy_pattern(rb"(?i)\s*(?:puny[-_ ]?code|idna|undefined|(?:raw[-_ ])?unicode[-_ ]escape)\s*")


LARGE: Final = 64 * 1024
"""Bytes from which a body is parsed in a worker thread, so that other requests needn't wait for it."""

MAX_FIELDS: Final = 1000
MAX_PART: Final = 1024 * 1024

# In the ASGI scope: the form of the request, once it has been read.
FORM_KEY: Final = "hyperpy.form"


class MissingInputError(InputError, KeyError):
    """The request doesn't have the value that a route file reads by `request.query_params["name"]` and the like."""


class WrongInputError(InputError, AttributeError):
    """A form field holds a file, and the route file treats it as text."""


class InvalidJSONError(HTTPException, json.JSONDecodeError):
    """The body is not JSON, or is JSON that can't be encoded again: status 400."""

    def __init__(self, problem: str, doc: str = "", pos: int = 0) -> None:
        json.JSONDecodeError.__init__(self, problem, doc, pos)
        where = f": line {self.lineno} column {self.colno}" if doc else ""
        HTTPException.__init__(self, 400, f"The body is not valid JSON: {problem}{where}")


class RouteRequest(Request):
    """The `request` of a route file."""

    @property
    def session(self) -> Any:
        """The session of a middleware, or else the site's own."""
        given = self.scope.get("session")
        if given is not None and type(given) is not ExplicitSession:
            return given
        return Session(request_state(self.scope).session_content(self.scope))

    @property
    def url(self) -> URL:
        try:
            return super().url
        except UnicodeDecodeError:
            raise HTTPException(400, "The query is not valid UTF-8.") from None

    @property
    def query_params(self) -> QueryParams:
        if not hasattr(self, "_query_params"):
            self._query_params = _QueryParams(self.scope["query_string"])
        return self._query_params

    @property
    def headers(self) -> Headers:
        if not hasattr(self, "_headers"):
            self._headers = _Headers(scope=self.scope)
        return self._headers

    @property
    def cookies(self) -> dict[str, str]:
        if not hasattr(self, "_cookies"):
            self._cookies = _Cookies(super().cookies)
        return self._cookies

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            _check_coding(self.headers)
            body = await self.body()
            self._json = _parsed_json(body) if len(body) < LARGE else await run_in_threadpool(_parsed_json, body)
        return self._json

    async def _get_form(self, **limits: Any) -> FormData:
        if self._form is None:
            _check_coding(self.headers)
            kind, options = parse_options_header(self.headers.get("content-type"))
            if _UNFIT_CHARSETS.fullmatch(options.get(b"charset", b"")):
                raise HTTPException(400, "The charset of the form is not supported.")
            if kind == b"application/x-www-form-urlencoded":
                items: Any = await self._parsed_fields(**limits)
            elif kind == b"multipart/form-data":
                items = await self._parsed_parts(**limits)
            else:
                items = (await super()._get_form(**limits)).multi_items()
            self._form = _Form([(key, _Upload(key, x) if isinstance(x, StarletteUpload) else x) for key, x in items])
            self.scope[FORM_KEY] = self._form
        return self._form

    async def _parsed_fields(self, **limits: Any) -> list[tuple[str, str]]:
        body = await self.body()
        return (
            parsed_fields(body, **limits)
            if len(body) < LARGE
            else await run_in_threadpool(parsed_fields, body, **limits)
        )

    async def _parsed_parts(self, **limits: Any) -> list[tuple[str, StarletteUpload | str]]:
        try:
            async with aclosing(self.stream()) as stream:
                return (await _Parts(self.headers, stream, **limits).parse()).multi_items()
        except MultiPartException as error:
            raise HTTPException(400, error.message) from None


def _check_coding(headers: Headers) -> None:
    """Raise HTTPException(415) for a compressed body, which would be read as if it were not (RFC 9110, 12.5.3)."""
    codings = [coding.strip().lower() for value in headers.getlist("content-encoding") for coding in value.split(",")]
    if unknown := [coding for coding in codings if coding not in ("", "identity")]:
        what = f"A body with the Content-Encoding {unknown[0][:100]} is not supported here. Send it as it is."
        raise HTTPException(415, what, {"Accept-Encoding": "identity"})


def parsed_fields(
    body: bytes, *, max_fields: float = MAX_FIELDS, max_part_size: int = MAX_PART, max_files: float = 0
) -> list[tuple[str, str]]:
    """The names and values of `application/x-www-form-urlencoded` (https://url.spec.whatwg.org/#urlencoded-parsing).

    Invalid UTF-8 is replaced. Raises HTTPException(400) for too many fields, or one that is too large.
    """
    if body.count(b"&") >= max_fields:
        raise HTTPException(400, f"Too many fields. Maximum number of fields is {max_fields}.")
    if max(map(len, body.split(b"&"))) > max_part_size:
        raise HTTPException(400, f"Field exceeded maximum size of {max_part_size // 1024}KB.")
    return parse_qsl(body.decode(errors="replace"), keep_blank_values=True, errors="replace")


class _Parts(MultiPartParser):
    """Refuses a body that breaks off. Starlette leaves the part out in which it ends, which could be a whole file."""

    is_open = False

    def on_part_begin(self) -> None:
        self.is_open = True
        super().on_part_begin()

    def on_end(self) -> None:
        self.is_open = False
        super().on_end()

    async def parse(self) -> FormData:
        form = await super().parse()
        if self.is_open:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("The form is incomplete: its last boundary is missing.")
        return form


class _QueryParams(QueryParams):
    def __getitem__(self, key: str) -> str:
        return super().__getitem__(key) if key in self._dict else _missing(key)


class _Headers(Headers):
    def __getitem__(self, key: str) -> str:
        try:
            return super().__getitem__(key)
        except KeyError:
            return _missing(key)


class _Cookies(dict[str, str]):
    def __missing__(self, key: str) -> Never:
        _missing(key)


class _Form(FormData):
    def __getitem__(self, key: str) -> StarletteUpload | str:
        return super().__getitem__(key) if key in self._dict else _missing(key)


class _Upload(UploadFile):
    """An uploaded file, which reports an attempt to use it as text."""

    def __init__(self, field: str, upload: StarletteUpload) -> None:
        self.field = field
        super().__init__(upload.file, size=upload.size, filename=upload.filename, headers=upload.headers)

    def __getattr__(self, name: str) -> Never:
        if not name.startswith("__") and hasattr(str, name):
            raise WrongInputError({self.field: "must be text, not a file"})
        raise AttributeError(f"'UploadFile' object has no attribute {name!r}", name=name, obj=self)


def close_files(scope: Mapping[str, Any]) -> None:
    """Close the files of a form that was read. Their temporary files are deleted."""
    form = scope.get(FORM_KEY)
    for _, upload in form.multi_items() if isinstance(form, FormData) else ():
        if isinstance(upload, StarletteUpload):
            upload.file.close()


def text_for_file(error: BaseException, scope: Mapping[str, Any]) -> InputError | None:
    """The error of a client that has sent text where the route file reads a file: `form["photo"].filename`.

    `error` is the AttributeError of that expression. It is the author's if its object is not a value of the form.
    """
    form = scope.get(FORM_KEY)
    if not isinstance(error, AttributeError) or not isinstance(error.obj, str) or not isinstance(form, FormData):
        return None
    fields = [name for name, value in form.multi_items() if value is error.obj]
    return InputError({fields[0]: "must be a file"}) if fields and error.name in _FILE_ATTRIBUTES else None


def _missing(name: object) -> Never:
    raise MissingInputError({str(name): "is required"}) from None


def _parsed_json(body: bytes) -> Any:
    """The value of a JSON text (RFC 8259). Raises InvalidJSONError."""
    try:
        value = json.loads(body, parse_constant=_not_a_number, parse_float=_finite)
    except InvalidJSONError:
        raise
    except json.JSONDecodeError as error:
        raise InvalidJSONError(error.msg, error.doc, error.pos) from None
    except UnicodeDecodeError as error:
        raise InvalidJSONError(f"it is not {error.encoding.upper()}") from None
    except RecursionError:
        raise InvalidJSONError("it is nested too deeply") from None
    except ValueError:
        raise InvalidJSONError("a number has too many digits") from None
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise InvalidJSONError("it is nested too deeply")
    if not body.isascii() or _SURROGATE.search(body):
        _check_text(value)
    return value


def _not_a_number(name: str) -> Never:
    raise InvalidJSONError(f"{name} is not a number in JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise InvalidJSONError("a number is out of range")
    return number


def _is_deeper(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return False
    return True


def _children(value: object) -> Any:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _check_text(value: object) -> None:
    """Raise for a lone surrogate: no response could contain it."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InvalidJSONError("a string contains a lone surrogate") from None
