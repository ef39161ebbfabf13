"""The names and values that a request has submitted, without those that are secret."""

import json
from collections.abc import AsyncGenerator
from typing import Final
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Message, Receive, Scope

from hyperpy.dev.problems.values import HIDDEN
from hyperpy.inspector.history import Fields
from hyperpy.inspector.secrets import Secrets

LARGEST: Final = 256 * 1024  # bytes of a body that are kept until the request has ended
MOST_FIELDS: Final = 100
LONGEST_VALUE: Final = 500

_URLENCODED: Final = "application/x-www-form-urlencoded"
_MULTIPART: Final = "multipart/form-data"


class WatchedBody:
    """Keeps what the application reads of a body, if it has fields that can be shown."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.headers = Headers(scope=scope)
        self.kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        self.size = 0
        self._receive = receive
        self._parts: list[bytes] = []
        self._is_shown = self.kind in (_URLENCODED, _MULTIPART) or self.kind.endswith(("/json", "+json"))

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            body = message.get("body", b"")
            self.size += len(body)
            if self._is_shown and self.size <= LARGEST:
                self._parts.append(body)
            else:
                self._parts.clear()
        return message

    async def fields(self, secrets: Secrets) -> tuple[Fields, str]:
        """The fields, and why there are none although the request has had a body."""
        if not self.size:
            return [], ""
        if not self._is_shown or self.size > LARGEST:
            return [], f"{self.kind or 'body without a Content-Type'}, {self.size:,} bytes"
        body = b"".join(self._parts)
        self._parts.clear()
        try:
            if self.kind == _URLENCODED:
                pairs = pairs_of(body)
            elif self.kind == _MULTIPART:
                pairs = await self._multipart(body)
            else:
                return _json_fields(body, secrets), ""
        except (ValueError, MultiPartException, FormParserError) as error:
            return [], f"{self.kind} that can't be parsed: {error}"
        return shortened(secrets.shown_pairs(pairs)), ""

    async def _multipart(self, body: bytes) -> Fields:
        async def whole() -> AsyncGenerator[bytes]:
            yield body

        form = await MultiPartParser(self.headers, whole()).parse()
        try:
            return [(name, _value(value)) for name, value in form.multi_items()]
        finally:
            await form.close()


def pairs_of(encoded: bytes) -> Fields:
    """The pairs of a query or of a urlencoded form. Raises ValueError if there are too many."""
    text = encoded.decode("latin-1")
    return parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=10 * MOST_FIELDS)


def query_fields(scope: Scope, secrets: Secrets) -> Fields:
    try:
        pairs = pairs_of(scope["query_string"])
    except ValueError:
        return [("…", "more fields than are shown")]
    return shortened(secrets.shown_pairs(pairs))


def shortened(fields: Fields) -> Fields:
    return [(_short(name), _short(value)) for name, value in fields[:MOST_FIELDS]]


def _value(value: str | UploadFile) -> str:
    if isinstance(value, str):
        return value
    return f"file {value.filename}, {value.size or 0:,} bytes"


def _json_fields(body: bytes, secrets: Secrets) -> Fields:
    value = json.loads(body)
    if not isinstance(value, dict):
        return shortened([("", _json(secrets.shown_json(value)))])
    shown = secrets.shown_json(value)
    return shortened([(name, each if each == HIDDEN else _json(each)) for name, each in shown.items()])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
