"""Forms: submitted names and values → a pydantic model, and back into the controls. Knows nothing of requests.

The names are imported when they are first used.
"""

from typing import TYPE_CHECKING

from hyperpy.lazy import lazy_names

if TYPE_CHECKING:
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
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "hyperpy.forms.control_attributes": "FieldAttributes",
            "hyperpy.forms.field_component": "FormField",
            "hyperpy.forms.fields": "UnknownFieldError",
            "hyperpy.forms.form_errors": "FieldError FormErrors",
            "hyperpy.forms.form_values": "FormValues",
            "hyperpy.forms.model_form": "Bound FormModel ModelForm has_problems new_form show_initial"
            " undisplayed_problems",
            "hyperpy.forms.options": "Option",
            "hyperpy.forms.shapes": "Kind",
            "hyperpy.forms.submission": "Submission SubmittedJSON",
            "hyperpy.forms.uploads": "UploadFile",
        },
    )

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


def __dir__() -> list[str]:
    return __all__
