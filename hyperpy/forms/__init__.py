"""Forms: submitted names and values → a pydantic model, and back into the controls. Knows nothing of requests."""

from hyperpy.forms.control_attributes import FieldAttributes
from hyperpy.forms.field_component import FormField
from hyperpy.forms.fields import UnknownFieldError
from hyperpy.forms.form_errors import FieldError, FormErrors
from hyperpy.forms.form_values import FormValues
from hyperpy.forms.model_form import (
    Bound,
    FormModel,
    ModelForm,
    has_problems,
    new_form,
    show_initial,
    undisplayed_problems,
)
from hyperpy.forms.options import Option
from hyperpy.forms.shapes import Kind
from hyperpy.forms.submission import Submission, SubmittedJSON
from hyperpy.forms.uploads import UploadFile

__all__ = [
    "Bound",
    "FieldAttributes",
    "FieldError",
    "FormErrors",
    "FormField",
    "FormModel",
    "FormValues",
    "Kind",
    "ModelForm",
    "Option",
    "Submission",
    "SubmittedJSON",
    "UnknownFieldError",
    "UploadFile",
    "has_problems",
    "new_form",
    "show_initial",
    "undisplayed_problems",
]
