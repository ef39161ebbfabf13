"""What to write instead, for exceptions of Python whose message doesn't say it."""

import builtins
import difflib
import re
from collections.abc import Mapping
from typing import Final

from starlette.requests import HTTPConnection

_ALIKE: Final = 0.8  # `pirnt` is meant to be `print`, but `user` is not `super`
_SUGGESTED: Final = re.compile(r"\.? Did you mean: '(\w+)'\?")
_NOT_AWAITED: Final = re.compile(r"\b'?coroutine'? object\b")
_NOT_ITERATED: Final = re.compile(r"\b'?async_generator'? object\b")

# Attributes of the requests of other frameworks.
_OF_REQUESTS: Final[Mapping[str, str]] = {
    "GET": "`request.query_params`, or declare an input: `name: str`",
    "args": "`request.query_params`, or declare an input: `name: str`",
    "query": "`request.query_params`, or declare an input: `name: str`",
    "POST": "`await request.form()` in the loader, or declare an input: `form: Form[Model]`",
    "data": "`await request.body()` in the loader",
    "FILES": "`await request.form()` in the loader, or declare an input: `upload: UploadFile = File()`",
    "files": "`await request.form()` in the loader, or declare an input: `upload: UploadFile = File()`",
    "COOKIES": "`request.cookies`",
    "META": "`request.headers`",
    "path": "`request.url.path`",
    "params": "`request.path_params`, or declare an input by the name in the file's path",
    "remote_addr": "`request.client.host`",
}


def hint_for(error: BaseException) -> str:
    """A sentence, or the empty string."""
    text = str(error) if isinstance(error, AttributeError | TypeError) else ""
    if _NOT_AWAITED.search(text):
        return "A coroutine has no result yet. Write `await` in front of the call that made it."
    if _NOT_ITERATED.search(text):
        return "An async generator is iterated with `async for`, in an `async def`."
    if isinstance(error, AttributeError) and isinstance(error.obj, HTTPConnection):
        instead = _OF_REQUESTS.get(error.name or "")
        return f"A request has no `{error.name}`. Write {instead}." if instead else ""
    return ""


def without_far_names(error: BaseException, text: str) -> str:
    """The text without Python's suggestion of a builtin that has little to do with the unknown name."""
    if not isinstance(error, NameError) or error.name is None or (found := _SUGGESTED.search(text)) is None:
        return text
    near = difflib.SequenceMatcher(None, error.name, found[1]).ratio()
    is_far = hasattr(builtins, found[1]) and near < _ALIKE
    return text[: found.start()] + text[found.end() :] if is_far else text
