"""The data that a request submits: the fields of a form, or JSON."""

from dataclasses import field
from typing import Any, Protocol

from starlette.datastructures import UploadFile

from hyperpy.record_classes import record


@record(frozen=True, slots=True)
class SubmittedJSON:
    """A JSON body: its text, and the value."""

    text: bytes
    value: Any


class Validator(Protocol):
    """A type that submitted data has to fit."""

    def validate(self, submission: Submission, /) -> Any:
        """The data, as the type or with its problems. Raises InputError if data that doesn't fit is an error."""


@record(frozen=True, slots=True)
class Submission:
    """The names and values of a form in the order of the body, or its JSON."""

    pairs: tuple[tuple[str, str | UploadFile], ...] = ()
    json: SubmittedJSON | None = None
    _validated: dict[int, tuple[Any, Exception | None]] = field(default_factory=dict, repr=False, compare=False)
    """By the identity of a validator, what it has returned or raised. Only those validated ahead are in it."""

    @property
    def is_empty(self) -> bool:
        return not self.pairs and self.json is None

    @property
    def size(self) -> int:
        """The bytes of its JSON, or the characters of its fields. Files don't count: they aren't validated."""
        if self.json is not None:
            return len(self.json.text)
        return sum(len(name) + len(value) for name, value in self.pairs if isinstance(value, str))

    def validate_ahead(self, validator: Validator) -> None:
        """Validate now, in whichever thread this is, what `validated` returns or raises later."""
        try:
            self._validated[id(validator)] = validator.validate(self), None
        except Exception as error:  # noqa: BLE001 (`validated` raises it)
            self._validated[id(validator)] = None, error

    def validated(self, validator: Validator) -> Any:
        if id(validator) not in self._validated:
            return validator.validate(self)
        value, error = self._validated[id(validator)]
        if error is not None:
            raise error
        return value
