"""`FormField`: label, control, help and message of one field."""

from collections.abc import Sequence
from string.templatelib import Template
from typing import Any

from hyperpy.exceptions import ComponentError
from hyperpy.forms.control_attributes import FieldAttributes
from hyperpy.forms.model_form import ModelForm
from hyperpy.forms.options import Given, Option
from hyperpy.templates import Markup, html

_GROUPS = {"radio": "radio", "checkboxes": "checkbox"}


def FormField(
    form: ModelForm[Any],
    name: str,
    label: str = "",
    help: str = "",
    type: str = "",
    options: Given | None = None,
    **attributes: object,
) -> Markup:
    """Label, control, help and message of one field: `<{FormField} {form} name="email" label="E-mail" />`.

    The control follows from the model. `type` chooses another: an `<input>` type, "textarea", "select", "radio" or
    "checkboxes". `options` are those of a choice that isn't in the model; see `form.options`. Without a label or help,
    the field's title and description in the model are used. Other attributes go to the control.
    """
    if not isinstance(form, ModelForm):
        hint = 'Write <{FormField} {form} name="email" />, where `form: Form[…]` is declared in the route file.'
        raise ComponentError(f"`form` of a FormField must be a Form, not {form.__class__.__name__}", hint=hint)
    text = label or form.label(name)
    note = help or form.help(name)
    note_id = f"{form.id(name)}-help"
    if note:
        attributes["aria-describedby"] = note_id
    described = t'<small id="{note_id}" class="field-help">{note}</small>' if note else t""
    if type in _GROUPS:
        return _group(form, name, text, described, _GROUPS[type], form.option_list(name, options), attributes)
    control = form.field(name, type="select" if options is not None and not type else type, **attributes)
    message = form.error(name)
    if control["type"] == "hidden":
        return html(t"<input {control:**}>")
    if control["type"] == "checkbox":
        return html(t'<p class="field"><label><input {control:**}> {text}</label> {described} {message}</p>')
    written = _control(form, name, control, options)
    return html(t'<p class="field"><label for="{control["id"]}">{text}</label> {written} {described} {message}</p>')


def _control(form: ModelForm[Any], name: str, control: FieldAttributes, options: Given | None) -> Template:
    match control["type"]:
        case "select":
            return t"<select {control:**}>{form.options(name, options)}</select>"
        case "textarea":
            return t"<textarea {control:**}>{form.text(name)}</textarea>"
    return t"<input {control:**}>"


def _group(
    form: ModelForm[Any],
    name: str,
    label: str,
    described: Template,
    kind: str,
    options: Sequence[Option],
    attributes: dict[str, object],
) -> Markup:
    """A group of radio buttons or checkboxes, which a `<fieldset>` labels."""
    choices = []
    for option in options:
        control = form.field(name, type=kind, value=option.value, **attributes)
        choices.append(t"<label><input {control:**}> {option.label}</label> ")
    below = t"{choices} {described} {form.error(name)}"
    return html(t'<fieldset class="field" id="{form.id(name)}"><legend>{label}</legend> {below}</fieldset>')
