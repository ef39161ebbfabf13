"""Attributes and calls from other frameworks and languages, and what to write instead."""

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Final

from starlette.datastructures import UploadFile
from starlette.requests import HTTPConnection

from hyperpy.pages.analysis.mistakes.foreign_uses import OF_FORMS, OF_SESSIONS
from hyperpy.pages.loading.imports.module_members import member_hint

_INPUT: Final = "`request.query_params`, or declare an input: `name: str`"
_UPLOAD: Final = "`await request.form()` in the loader, or declare an input: `upload: UploadFile = File()`"
_REQUEST: Final[Mapping[str, str]] = {
    "GET": _INPUT,
    "args": _INPUT,
    "query": _INPUT,
    "POST": "`await request.form()` in the loader, or declare an input: `form: Form[Model]`",
    "data": "`await request.body()` in the loader",
    "FILES": _UPLOAD,
    "files": _UPLOAD,
    "COOKIES": "`request.cookies`",
    "META": "`request.headers`",
    "path": "`request.url.path`",
    "params": "`request.path_params`, or declare an input by the name in the file's path",
    "remote_addr": "`request.client.host`",
}
_FORM: Final[Mapping[str, str]] = {
    "cleaned_data": "`form.data`",
    "is_submitted": "`form.is_bound`",
    "is_valid": "`form.ok`",
    "validate": "`form.ok`",
    "validate_on_submit": "`if POST and form.ok:`",
}
_FILE: Final[Mapping[str, str]] = {
    "chunks": "`await file.read(size)` until nothing comes",
    "mimetype": "`file.content_type`",
    "name": "`file.filename`",
    "save": "`path.write_bytes(await file.read())` in the loader",
    "stream": "`file.file`",
}
_LOOP: Final = '{[t"<li>{item}</li>" for item in items]}'
_BUILTIN: Final[Mapping[tuple[type, str], str]] = {
    (list, "map"): f"a comprehension: {_LOOP}",
    (list, "filter"): "a comprehension: `[item for item in items if …]`",
    (list, "forEach"): f"`for item in items:`, or in a template {_LOOP}",
    (list, "includes"): "`item in items`",
    (list, "join"): '`", ".join(items)`',
    (list, "push"): "`items.append(item)`",
    (str, "includes"): "`part in text`",
    (str, "toLowerCase"): "`text.lower()`",
    (str, "toUpperCase"): "`text.upper()`",
    (str, "trim"): "`text.strip()`",
    **{(kind, "length"): "`len(…)`" for kind in (list, tuple, str, dict, set)},
}


def hint_for_attribute(owner: object, name: str) -> str:
    """A sentence about an attribute that an object doesn't have, or the empty string."""
    return next(filter(None, _hints(owner, name)), "")


def _hints(owner: object, name: str) -> Iterator[str]:
    kind = type(owner)
    if isinstance(owner, ModuleType):
        yield member_hint(owner, name)
    if isinstance(owner, HTTPConnection):
        yield _instead("A request", name, _REQUEST.get(name))
    if isinstance(owner, UploadFile):
        yield _instead("An uploaded file", name, _FILE.get(name))
    if _is(kind, "hyperpy.forms.model_form", "ModelForm"):
        yield OF_FORMS.get(name, "")
        yield _instead("A form", name, _FORM.get(name)) or _field_of_form(owner, name)
    if _is(kind, "hyperpy.sessions.session", "Session"):
        yield OF_SESSIONS.get(name, "")
        yield f'A session is read like a dict: `session["{name}"]`, or `session.get("{name}")` if it may be missing.'
    if instead := _BUILTIN.get((kind, name)):
        yield f"In Python, write {instead}."


def _instead(subject: str, name: str, instead: str | None) -> str:
    return f"{subject} has no `{name}`. Write {instead}." if instead else ""


def _is(kind: type, module: str, name: str) -> bool:
    """Whether a class is or inherits from another, which need not have been imported."""
    return any((base.__module__, base.__name__) == (module, name) for base in kind.__mro__)


def _field_of_form(form: object, name: str) -> str:
    model = getattr(form, "_model", None)
    if name not in getattr(getattr(model, "shape", None), "fields", {}):
        return ""
    return (
        f"Write `form.data.{name}` for the value in a form that is `ok`, `form.values.{name}` for the text that was"
        f' entered, or `form.field("{name}")` for the attributes of its control.'
    )
