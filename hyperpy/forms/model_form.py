"""A form: a pydantic model, what was entered, and what is wrong with it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from markupsafe import Markup

from hyperpy.exceptions import AnswerError
from hyperpy.forms.binding import bind_submitted
from hyperpy.forms.control_attributes import FieldAttributes, control_type, field_attributes
from hyperpy.forms.field_names import submitted_tree
from hyperpy.forms.fields import FORM, FieldPlace
from hyperpy.forms.form_errors import FieldError, FormErrors, Problems, control_id, in_order, problems_of
from hyperpy.forms.form_values import FormValues, Values, checked_initial, initial_values, value_at, view
from hyperpy.forms.options import Given, Option, options_of
from hyperpy.forms.shapes import Kind, Shape, written
from hyperpy.forms.submission import Submission
from hyperpy.lazy import LazyModule, pydantic
from hyperpy.record_classes import record
from hyperpy.templates import html, import_compiler

if TYPE_CHECKING:
    from hyperpy.forms import model_shapes
else:
    model_shapes = LazyModule("hyperpy.forms.model_shapes")

MOST_CONTROLS: Final = 500
"""Controls of one model whose attributes are remembered."""

_LONGEST_KEPT: Final = 200  # characters of an attribute's value
_STR: Final = frozenset({str})

_type: Final = type  # which parameters hide
_ROOT_HINT: Final = "Ask first: `if form.ok:`"


class FormModel[T]:
    """A model, prepared for forms when a file is loaded. Raises what pydantic raises for an unknown type."""

    def __init__(self, model: Any) -> None:
        import_compiler()  # of the t-strings that show its fields
        self.adapter: pydantic.TypeAdapter[T] = pydantic.TypeAdapter(model)
        self.shape: Shape = model_shapes.shape_of(self.adapter)
        self.root = FieldPlace((), "", self.shape, None)
        self.controls: dict[tuple[object, ...], FieldAttributes] = {}
        """The attributes of controls in forms that show the defaults, by all that decides them."""
        self._default_values: Values | None = None

    def default_values(self) -> Values:
        """The values of an unsubmitted form without initial values. Computed once if they are always the same."""
        if self._default_values is not None:
            return self._default_values
        values = initial_values(self.shape, {})
        if all(field.is_fixed for field in self.shape.fields.values()):
            self._default_values = values
        return values

    def validate(self, submission: Submission) -> Bound[T]:
        if submission.json is not None:
            return self._bind_json(submission.json.value, submission.json.text)
        binding = bind_submitted(self.shape, submitted_tree(submission.pairs))
        try:
            # Everything in a form is text, so nothing in it can be strict.
            data = self.adapter.validate_python(binding.data, strict=False)
        except pydantic.ValidationError as error:
            return Bound(None, lambda: binding.values, problems_of(error, self.root, binding.problems))
        problems = in_order(binding.problems, self.shape)
        return Bound(None if problems else data, lambda: binding.values, problems)

    def _bind_json(self, value: Any, text: bytes) -> Bound[T]:
        values = partial(initial_values, self.shape, value if isinstance(value, Mapping) else {})
        try:
            return Bound(self.adapter.validate_json(text), values, {})
        except pydantic.ValidationError as error:
            return Bound(None, values, problems_of(error, self.root, {}))


@record(frozen=True, slots=True)
class Bound[T]:
    """The result of a submission: the model, or the problems by submitted name."""

    data: T | None
    values: Callable[[], Values]
    problems: Problems


class ModelForm[T]:
    """A form of one request. `form.ok` says whether it was submitted and is valid; then `form.data` is the model.

    A form that was not submitted shows its initial values and has no errors.
    """

    __slots__ = (
        *("_bound", "_displayed", "_focuses", "_id_prefix", "_is_default"),
        *("_make_values", "_model", "_problems", "_shown"),
    )

    _model: FormModel[T]
    _bound: Bound[T] | None
    _make_values: Callable[[], Values]
    _shown: Values | None
    _problems: dict[str, list[str]]
    _id_prefix: str
    _is_default: bool
    """Whether it shows the defaults of its model: it was not submitted, has no initial values, and was not failed."""
    _displayed: set[str]
    """The names whose messages, or controls, a template has asked for since the form was refused."""
    _focuses: bool
    """Whether a refused form is shown by a page that is loaded, which focuses the first problem."""

    def __repr__(self) -> str:
        """Without values, which may be secret."""
        state = "not submitted" if self._bound is None else "ok"
        if self._problems:
            state = f"refused because of {', '.join(name or FORM for name in self._problems)}"
        return f"<{type(self).__name__}: {state}>"

    @property
    def is_bound(self) -> bool:
        """Whether it was submitted: the request is a POST, PUT or PATCH."""
        return self._bound is not None

    @property
    def ok(self) -> bool:
        """Whether it was submitted, fits the model, and was not failed by `fail`."""
        return self._bound is not None and not self._problems

    @property
    def data(self) -> T:
        """The model. Raises AnswerError if there is none, because the form was not submitted or was refused."""
        if self._bound is None:
            raise AnswerError("`form.data` was read, but the form was not submitted", hint=_ROOT_HINT)
        if self._problems:
            raise AnswerError(
                f"`form.data` was read, but the form was refused: {_listed(self._problems)}", hint=_ROOT_HINT
            )
        return self._bound.data  # type: ignore[return-value]  # there is a model if there are no problems

    @property
    def values(self) -> FormValues:
        """The texts of the controls, as entered: `form.values.email`."""
        return FormValues(self._root, self._values)

    @property
    def errors(self) -> FormErrors:
        """The messages by field: `form.errors.email`, and `form.errors.form` for the whole form."""
        return FormErrors(self._root, self._problems, self._id_prefix, self._displayed, focuses=self._focuses)

    @property
    def _root(self) -> FieldPlace:
        return self._model.root

    @property
    def _values(self) -> Values:
        if self._shown is None:
            self._shown = self._make_values()
        return self._shown

    def fail(self, message: str = "", /, **messages: str) -> None:
        """Refuse the form for what only the server knows: `form.fail(email="This address is taken.")`.

        A message without a name is about the whole form. A nested field is named by its path:
        `form.fail(**{"address.street": "…"})`.
        """
        if not message and not messages:
            raise TypeError('fail() needs a message: form.fail("…") or form.fail(email="…")')
        added: dict[str, object] = {"": message} if message else {}
        for path, given in messages.items():
            is_whole = path == FORM and path not in self._model.shape.fields
            added["" if is_whole else self._root.find(path).name] = given
        for name, text in added.items():
            if not isinstance(text, str) or not text:
                raise TypeError(f"the message of {name or 'a form'!r} must be a text that isn't empty, not {text!r}")
            self._problems.setdefault(name, []).append(text)
        self._problems = in_order(self._problems, self._model.shape)
        self._is_default = False

    def field(self, name: str, *, type: str = "", value: object = None, **attributes: object) -> FieldAttributes:
        """The attributes of a control: `<input {form.field("email"):**}>`. The same for `<select>` and `<textarea>`.

        `type` replaces the type that follows from the model. `value` is what a radio button, or one of several
        checkboxes, stands for. Other attributes are added; `_` in a name is written as `-`.
        """
        if not self._is_default or value is not None:
            return self._field(name, type, value, attributes)
        if not (type or attributes):
            known = self._model.controls.get((self._id_prefix, name))
            if known is not None:
                return known
        return self._default_field(name, type, attributes)

    def _default_field(self, name: str, type: str, attributes: Mapping[str, object]) -> FieldAttributes:
        """The attributes of a control in a form that shows the defaults of its model, made once if that is possible."""
        place = self._root.find(name)
        added = cast(Mapping[str, str], attributes)  # if the next lines say so
        can_change = not (len(place.parts) == 1 and place.field and place.field.is_fixed)
        if can_change or not _STR.issuperset(map(_type, (name, type, *attributes.values()))):
            return self._field(name, type, None, attributes)
        key = (self._id_prefix, name, type, *added.items()) if type or added else (self._id_prefix, name)
        controls = self._model.controls
        known = controls.get(key)
        if known is None:
            known = self._field(name, type, None, attributes)
            if all(len(text) <= _LONGEST_KEPT for text in added.values()):
                if len(controls) >= MOST_CONTROLS:
                    controls.clear()
                controls[key] = known
        return known

    def _field(self, name: str, type: str, value: object, attributes: Mapping[str, object]) -> FieldAttributes:
        place = self._root.find(name)
        kind = type or control_type(place)
        chosen = None if value is None else _option_text(value)
        control = control_id(place, self._id_prefix)
        found = field_attributes(
            place,
            kind,
            value=self._text(place),
            id=f"{control}-{chosen}" if chosen is not None and kind in {"radio", "checkbox"} else control,
            chosen=chosen,
            texts=self._texts(place) if chosen is not None else [],
        )
        if chosen is not None and kind not in {"radio", "checkbox"}:
            found["value"] = chosen
        if self._problems and (error := self._error(place)):
            found |= {"aria-invalid": "true", "aria-describedby": error.id}
        for key, each in attributes.items():
            _add(found, key.rstrip("_").replace("_", "-"), each)
        if self._problems and self._focuses:
            found.pop("autofocus", None)
            if chosen is None and place.name == next(iter(self._problems)):
                found["autofocus"] = True
        return FieldAttributes(found)

    def options(self, name: str, given: Given | None = None) -> Markup:
        """The `<option>` elements of a `<select>`, those that are chosen selected.

        `given` are values, pairs of value and label, or a mapping of these; without it, the members of a Literal or
        Enum. An empty option comes first where nothing need be chosen, or nothing has been.
        """
        place = self._root.find(name)
        found = self.option_list(name, given)
        has_empty = place.shape.kind is Kind.LIST or any(option.value == "" for option in found)
        if not has_empty and (place.shape.optional or not any(option.selected for option in found)):
            found = [Option("", "", False), *found]
        return html(t"{[_option(each) for each in found]}")

    def option_list(self, name: str, given: Given | None = None) -> list[Option]:
        """The options of a field with `value`, `label` and `selected`, for radio buttons and custom lists."""
        place = self._root.find(name)
        return options_of(place.shape, given, self._texts(place))

    def label(self, name: str) -> str:
        """The label of a field: its title in the model, or its name in words."""
        place = self._root.find(name)
        return place.field.label if place.field else name

    def help(self, name: str) -> str:
        """The description of a field in the model, or the empty text."""
        place = self._root.find(name)
        return place.field.help if place.field else ""

    def text(self, name: str) -> str:
        """The text of one field, found by its path: for a `<textarea>`."""
        return self._text(self._root.find(name))

    def error(self, name: str) -> FieldError:
        """The message of one field, found by its path."""
        return self._error(self._root.find(name))

    def id(self, name: str) -> str:
        """The id of a field's control, for `<label for=…>`."""
        return control_id(self._root.find(name), self._id_prefix)

    def _error(self, place: FieldPlace) -> FieldError:
        return FormErrors(_with_message(place), self._problems, self._id_prefix, self._displayed).own()

    def _text(self, place: FieldPlace) -> str:
        found = value_at(place, self._values) if place.is_text else None
        return found if isinstance(found, str) else ""

    def _texts(self, place: FieldPlace) -> list[str]:
        """The values of a field with several, or the one of another."""
        found = view(place, value_at(place, self._values))
        if place.shape.kind is Kind.BOOL:
            return ["true"] if found else [] if place.shape.optional else ["false"]
        return [each for each in found if isinstance(each, str)] if isinstance(found, list) else [str(found)]


def show_initial(form: ModelForm[Any], initial: object) -> None:
    """Show these values in a form that was not submitted."""
    form._shown = initial_values(form._model.shape, checked_initial(initial))
    form._is_default = False


def has_problems(form: ModelForm[Any]) -> bool:
    """Whether a form was refused."""
    return bool(form._problems)


def undisplayed_problems(form: ModelForm[Any]) -> Problems:
    """The problems of a refused form that its page doesn't show: neither the message nor the control."""
    return {name: texts for name, texts in form._problems.items() if name not in form._displayed}


def _with_message(place: FieldPlace) -> FieldPlace:
    """The place whose message is shown: for an item of a list that has one message for all, the list."""
    field = place.field
    if field is None or not field.shape.is_flat or place.shape is field.shape:
        return place
    return FieldPlace(place.parts[:-1], place.name.rpartition("[")[0], field.shape, field)


def _listed(problems: Problems) -> str:
    return "; ".join(f"{name or FORM}: {' '.join(found)}" for name, found in problems.items())


def _option_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else written(value)


def _option(option: Option) -> Any:
    return t"<option value={option.value} selected={option.selected}>{option.label}</option>"


def _add(attributes: dict[str, object], name: str, value: object) -> None:
    """Add an attribute of the caller's; descriptions add up."""
    if name == "aria-describedby" and (known := attributes.get(name)):
        value = f"{value} {known}"
    attributes[name] = value


def new_form[T](
    kind: type[ModelForm[T]],
    model: FormModel[T],
    submission: Submission | None,
    id_prefix: str = "",
    *,
    focuses: bool = False,
) -> ModelForm[T]:
    """A form of that class, with the defaults of its model; `submission` is None if nothing was submitted.

    With `focuses`, the first control that is wrong gets the focus when the page is loaded.
    """
    form = object.__new__(kind)
    bound: Bound[T] | None = None if submission is None else submission.validated(model)
    form._model, form._bound, form._id_prefix = model, bound, id_prefix
    form._make_values = model.default_values if bound is None else bound.values
    form._shown, form._displayed, form._focuses = None, set(), focuses
    form._is_default = bound is None
    form._problems = {name: list(found) for name, found in bound.problems.items()} if bound else {}
    return form
