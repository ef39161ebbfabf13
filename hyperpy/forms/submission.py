"""The data that a request submits: the fields of a form, or JSON."""

from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile


@dataclass(frozen=True, slots=True)
class SubmittedJSON:
    """A JSON body: its text, and the value."""

    text: bytes
    value: Any


@dataclass(frozen=True, slots=True)
class Submission:
    """The names and values of a form in the order of the body, or its JSON."""

    pairs: tuple[tuple[str, str | UploadFile], ...] = ()
    json: SubmittedJSON | None = None

    @property
    def is_empty(self) -> bool:
        return not self.pairs and self.json is None
