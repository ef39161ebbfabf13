"""Inputs of the common types are prepared once and renamed; each must be like one that is made for its name."""

from typing import Any

import pytest

from hyperpy.exceptions import InputError
from hyperpy.forms import Submission, SubmittedJSON, strict_inputs
from hyperpy.forms.strict_inputs import FormInput, form_input

SUBMITTED = (
    *(Submission(pairs) for pairs in ((), (("n", ""),), (("n", "1"),), (("n", "x"),), (("other", "1"),))),
    Submission((("n", "1"), ("n", "2"))),
    *(
        Submission(json=SubmittedJSON(text, None))
        for text in (b"{}", b'{"n": 1}', b'{"n": "x"}', b'{"n": null}', b"[1]", b"{")
    ),
)


def described(made: FormInput) -> object:
    (shown,) = made.shape.fields.values()
    default = shown.default and shown.default.value()
    field = (shown.name, shown.paths, shown.required, shown.label, shown.key, shown.shape.kind, default)
    return made.name, made.is_field, made.optional, made.shape.kind, field, [answer(made, each) for each in SUBMITTED]


def answer(made: FormInput, submission: Submission) -> object:
    try:
        return made.validate(submission)
    except InputError as error:
        return error.fields


@pytest.mark.parametrize("has_default", [False, True])
@pytest.mark.parametrize("annotation", [str, int, float, bool, str | None, int | None, None | float])
def test_renamed_inputs(annotation: Any, has_default: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    form_input("another", annotation, has_default=has_default)
    renamed = form_input("n", annotation, has_default=has_default)
    monkeypatch.setattr(strict_inputs, "is_common", lambda annotation: False)
    assert described(renamed) == described(form_input("n", annotation, has_default=has_default))
