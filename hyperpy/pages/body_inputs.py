"""Inputs from the body of a request: `Form`, `File` and `Body`, and the markers that they make.

Many sites have none: loading a route that has one imports this.
"""

import logging
from dataclasses import replace
from typing import Any, Final, Unpack

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from hyperpy.exceptions import Place, printable
from hyperpy.forms import FormModel, ModelForm, Submission, has_problems, new_form, undisplayed_problems
from hyperpy.forms.strict_inputs import ABSENT, FormInput, JSONInput, form_input, json_input
from hyperpy.forms.submission import Validator
from hyperpy.pages.constraint_keywords import Constraints, known_constraints
from hyperpy.pages.htmx_headers import loads_page
from hyperpy.pages.input_markers import NO_DEFAULT
from hyperpy.pages.submitted_bodies import BINDING_METHODS, FORMS, BodyNeeds, FromBody, submitted_body
from hyperpy.record_classes import record

log: Final = logging.getLogger("hyperpy.forms")


@record(frozen=True)
class FormMarker(FromBody):
    """A form that is shown again, if it has a `model`, or fields of a form."""

    has_initial: bool = False
    id_prefix: str | None = None
    """None if the input's name decides."""
    is_submitted: bool = True
    """Whether a request can submit the form: an error page shows its own unbound."""
    model: FormModel[Any] | None = None
    input: FormInput | None = None

    @property
    def needs(self) -> BodyNeeds:
        return BodyNeeds(form=self.is_submitted)

    def fitted(self, name: str, annotation: Any, kind: Any, *, has_default: bool) -> FromBody:
        found = form_input(self.key(name), annotation, has_default=has_default)
        return replace(self, input=found, optional=found.optional)

    def value(self, request: Request, name: str) -> object:
        form = submitted_body(request.scope).form
        assert self.input
        if form is None or (form.is_empty and not self.input.is_field):
            return None
        value = form.validated(self.input)
        return None if value is ABSENT else value

    def validator(self, method: str, submission: Submission) -> Validator | None:
        return self.input if self.model is None else self.model if self._is_bound(method) else None

    def _is_bound(self, method: str) -> bool:
        return self.is_submitted and method in BINDING_METHODS

    @property
    def is_shown_again(self) -> bool:
        return self.model is not None

    def form(self, scope: Scope) -> ModelForm[Any]:
        assert self.model
        is_bound = self._is_bound(scope["method"])
        submission = submitted_body(scope).form if is_bound else None
        focuses = is_bound and loads_page(Headers(scope=scope))
        made = new_form(Form, self.model, submission, self.id_prefix or "", focuses=focuses)
        scope.setdefault(FORMS, []).append(made)
        return made


@record(frozen=True)
class FileMarker(FormMarker):
    """Files of a form."""


@record(frozen=True)
class BodyMarker(FromBody):
    """The whole body: as it is sent, or else JSON for `input`."""

    is_raw: bool = False
    input: JSONInput | None = None

    @property
    def needs(self) -> BodyNeeds:
        return BodyNeeds(raw=True) if self.is_raw else BodyNeeds(json=True)

    def fitted(self, name: str, annotation: Any, kind: Any, *, has_default: bool) -> FromBody:
        if kind is bytes:
            return replace(self, is_raw=True, optional=annotation is not bytes)
        found = json_input(name, annotation)
        return replace(self, input=found, optional=found.shape.optional)

    def value(self, request: Request, name: str) -> object:
        body = submitted_body(request.scope)
        if self.is_raw:
            return body.raw
        assert self.input
        return None if body.form is None or body.form.json is None else body.form.validated(self.input)

    def validator(self, method: str, submission: Submission) -> Validator | None:
        return self.input if submission.json is not None else None


def is_refused(scope: Scope) -> bool:
    """Whether a form of the request was refused."""
    forms: list[ModelForm[Any]] = scope.get(FORMS, ())
    for form in forms:  # noqa: SIM110 (faster than `any`)
        if has_problems(form):
            return True
    return False


def report_undisplayed(scope: Scope, page: object, place: Place) -> None:
    """In debug mode, log the problems of a refused form that a complete page doesn't show."""
    if not (scope["app"].debug and isinstance(page, str)):
        return
    for form in scope[FORMS]:
        for name, texts in undisplayed_problems(form).items():
            log.warning(
                "%s  the form was refused because of %s, and the page doesn't show that: %s\n"
                "  Show the field or {form.errors}, or give the field a default in the model.",
                place,
                f"`{name}`" if name else "the whole form",
                printable(" ".join(texts)),
            )


class Form[T](ModelForm[T]):
    """A form that shows its mistakes, from a pydantic model: `form: Form[Contact]`.

    `form.ok` says whether it was submitted (by POST, PUT or PATCH) and is valid; then `form.data` is the model.
    `form.values.email` is what was entered, `form.errors.email` the message, `form.fail(email="…")` adds one, and
    `form.field("email")` has the attributes of the control. It never leads to an error page by itself. A page that is
    rendered with a refused form has the status 422.

    `Form()` as the value of an input is a marker. `form: Form[Contact] = Form(initial=user.contact)` shows these values
    before the form is submitted: `initial` is a mapping or an object with the fields as attributes. `id_prefix` begins
    the ids of the controls and messages; in a file with several forms, it is the name of the input unless given.

    Of any other type, the input has to be in the form: `name: str = Form()` is the field of that name (or of the name
    `alias`), and of `contact: Contact = Form()` the fields are those of the form. If they don't fit, the answer is 422.
    """

    __slots__ = ()

    # To type checkers, a call returns a value of any type: so `name: str = Form()` is right.
    def __new__(
        cls,
        default: Any = NO_DEFAULT,
        *,
        initial: Any = None,
        alias: str = "",
        id_prefix: str | None = None,
        **constraints: Unpack[Constraints],
    ) -> Any:
        known = known_constraints(Form, constraints)
        return FormMarker(alias, known, default, has_initial=initial is not None, id_prefix=id_prefix)


def File(default: Any = NO_DEFAULT, *, alias: str = "", **constraints: Unpack[Constraints]) -> Any:
    """An uploaded file, `photo: UploadFile = File()`, or several: `photos: list[UploadFile] = File()`.

    `alias` is the name of the control if that differs. The files are closed at the end of the request.
    """
    return FileMarker(alias, known_constraints(File, constraints), default)


def Body(default: Any = NO_DEFAULT, **constraints: Unpack[Constraints]) -> Any:
    """The whole body of the request: from JSON (`contact: Contact = Body()`), or as it is (`raw: bytes = Body()`).

    If it doesn't fit, the answer is 422 and names each field.
    """
    return BodyMarker("", known_constraints(Body, constraints), default)
