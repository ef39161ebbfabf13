"""`form.errors`: what is wrong with a form, by field."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

from markupsafe import Markup

from hyperpy.forms.fields import FORM, FieldPlace, UnknownFieldError, field_called, located
from hyperpy.forms.messages import sentence
from hyperpy.forms.shapes import Kind, Shape
from hyperpy.lazy import pydantic
from hyperpy.templates import html

MOST: Final = 2000
"""Errors that are reported one by one: twice the fields of a form. JSON may have more."""

type Problems = Mapping[str, list[str]]
"""Messages by the name of the field, as it is submitted; the empty name is the whole form."""


class FieldError(str):
    """The message for one field, empty if there is none. In a page it is an element to which the control refers.

    Screen readers announce an alert that is swapped into a page, but not one that a page has when it is loaded (ARIA
    Authoring Practices, "Alert Pattern"). What they read then is what has the focus.
    """

    __slots__ = ("has_focus", "id")
    id: str
    has_focus: bool
    """Whether a page that is loaded focuses the message itself."""

    def __new__(cls, text: str, id: str, *, has_focus: bool = False) -> Self:
        error = super().__new__(cls, text)
        error.id, error.has_focus = id, has_focus
        return error

    def __html__(self) -> str:
        if not self:
            return ""
        focus = {"tabindex": "-1", "autofocus": True} if self.has_focus else {}
        return html(t'<span id="{self.id}" class="field-error" role="alert" {focus:**}>{str(self)}</span>')


class FormErrors:
    """The messages of a form: `form.errors.email`, `form.errors.address.street`, and `form.errors.form` for the whole.

    It is true if there are any. Iteration yields pairs of a field's submitted name and its message.
    """

    __slots__ = ("_displayed", "_focuses", "_place", "_prefix", "_problems")

    def __init__(
        self, place: FieldPlace, problems: Problems, prefix: str, displayed: set[str], *, focuses: bool = False
    ) -> None:
        self._place = place
        self._problems = problems
        self._prefix = prefix
        self._displayed = displayed
        """The names of the problems whose messages have been asked for."""
        self._focuses = focuses
        """Whether a page that is loaded focuses the first problem."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str | int) -> Any:
        """The message of a field, or the errors of a nested model, a list or one of its items."""
        known = field_called(self._place.shape, str(name)) if self._place.shape.kind is Kind.OBJECT else None
        if name == FORM and not self._place.name and known is None:
            return self.own()
        if self._place.shape.kind is Kind.OBJECT and known is None:
            names = [*self._place.shape.fields, *([] if self._place.name else [FORM])]
            raise UnknownFieldError(str(name), names, self._place.name)
        below = FormErrors(
            self._place.child(str(name)), self._problems, self._prefix, self._displayed, focuses=self._focuses
        )
        is_nested = below._place.shape.kind in (Kind.OBJECT, Kind.MAPPING)
        has_items = below._place.shape.kind is Kind.LIST and not below._place.shape.is_flat
        return below if is_nested or has_items else below.own()

    def own(self) -> FieldError:
        """The message for this part of the form itself; that of a list with one control has its items' messages."""
        place = self._place
        if not self._problems:
            return FieldError("", error_id(place, self._prefix))
        names = [place.name]
        if place.name == FORM and place.shape.kind is not Kind.OBJECT:
            names.append("")
        if place.shape.is_flat:
            names += [name for name in self._problems if _is_below(name, place.name)]
        self._displayed.update(names)
        messages = [text for name in names for text in self._problems.get(name, ())]
        has_focus = self._focuses and "" in names and next(iter(self._problems)) == ""
        return FieldError(" ".join(dict.fromkeys(messages)), error_id(place, self._prefix), has_focus=has_focus)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for name in self._names():
            self._displayed.add(name)
            yield name or FORM, " ".join(dict.fromkeys(self._problems[name]))

    def _names(self) -> list[str]:
        name = self._place.name
        return [each for each in self._problems if each == name or _is_below(each, name)]

    def __len__(self) -> int:
        return len(self._names())

    def __contains__(self, name: object) -> bool:
        return any((each or FORM) == name for each in self._names())

    def __dir__(self) -> list[str]:
        return [*self._place.shape.fields, FORM]

    def __str__(self) -> str:
        return str.__str__(self.own()) if self._place.name else "\n".join(f"{name}: {text}" for name, text in self)

    def __repr__(self) -> str:
        return f"<FormErrors {list(self)}>"

    def __html__(self) -> str:
        """The message of a nested part; of a whole form, a list of all messages with links to the controls."""
        return self.own().__html__() if self._place.name else self._summary()

    def _summary(self) -> str:
        items = []
        for name, text in self:
            if not self._problems.get(name) and name == FORM:
                items.append(t"<li>{text}</li>")
                continue
            try:
                place = self._place.find(name)
            except UnknownFieldError:  # a key of a mapping may be any text, and then no control has the name
                items.append(t"<li>{name}: {text}</li>")
                continue
            label = place.field.label if place.field else name
            items.append(t'<li><a href="#{control_id(place, self._prefix)}">{label}</a>: {text}</li>')
        return html(t'<div class="form-errors" role="alert"><ul>{items}</ul></div>') if items else Markup()


def _is_below(name: str, owner: str) -> bool:
    return bool(name) if not owner else name.startswith((f"{owner}.", f"{owner}["))


def control_id(place: FieldPlace, prefix: str) -> str:
    return f"{prefix}-{place.id}" if prefix else place.id


def error_id(place: FieldPlace, prefix: str) -> str:
    name = f"{place.id or FORM}-error"
    return f"{prefix}-{name}" if prefix else name


def problems_of(error: pydantic.ValidationError, root: FieldPlace, known: Problems) -> dict[str, list[str]]:
    """pydantic's errors as messages, in the order of the fields.

    `known` are the problems found before. Where there is one, pydantic's add nothing.
    """
    found = {name: list(texts) for name, texts in known.items()}
    if error.error_count() > MOST:
        return found | {"": [f"{error.error_count()} values are invalid."]}
    for problem in error.errors(include_url=False):
        place, is_field = located(root, problem["loc"])
        if any(place.name == name or _is_below(place.name, name) for name in known):
            continue
        is_union = not is_field and place.field is not None
        if is_union and place.name in found:  # the other types of a union
            continue
        is_whole = place.field is None and root.shape.kind is Kind.OBJECT
        text = sentence(problem, None if is_whole or problem["type"] == "extra_forbidden" else place.shape)
        found.setdefault(place.name, []).append(text)
    return in_order(found, root.shape)


def in_order(problems: dict[str, list[str]], shape: Shape) -> dict[str, list[str]]:
    """The same problems in the order of the fields; those of the whole form come first."""
    keys = [known.key for known in shape.fields.values()]

    def rank(name: str) -> int:
        return next((index for index, key in enumerate(keys) if name == key or _is_below(name, key)), -1)

    return {name: problems[name] for name in sorted(problems, key=rank)}
