"""The body of a request: what its inputs need of it, and what has been read."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from starlette.types import Scope

from hyperpy.pages.input_markers import NO_CONSTRAINTS, NO_DEFAULT, InputMarker
from hyperpy.record_classes import record

if TYPE_CHECKING:
    from hyperpy.forms import ModelForm, Submission
    from hyperpy.forms.submission import Validator

# In the ASGI scope: what has been read of the body, and the forms that are shown again.
SUBMITTED: Final = "hyperpy.submitted"
FORMS: Final = "hyperpy.forms"

BINDING_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})


@record(frozen=True, slots=True)
class SubmittedBody:
    """The body of a request, read and parsed once for all inputs of it."""

    raw: bytes | None = None
    """None if no input has asked for it."""
    form: Submission | None = None
    """Fields, or JSON, which a form takes as well; None if no input has asked for either."""


@record(frozen=True, slots=True)
class BodyNeeds:
    """The forms in which the inputs of a request need its body."""

    form: bool = False
    json: bool = False
    raw: bool = False

    def __or__(self, other: BodyNeeds) -> BodyNeeds:
        return BodyNeeds(self.form or other.form, self.json or other.json, self.raw or other.raw)

    def __bool__(self) -> bool:
        return self.form or self.json or self.raw


@record(frozen=True)
class FromBody(InputMarker):
    """A marker made by `Form()`, `File()` or `Body()`. When a file is loaded, it is fitted to the type of its input."""

    alias: str = ""
    constraints: Mapping[str, Any] = field(default=NO_CONSTRAINTS)
    default: Any = field(default=NO_DEFAULT, compare=False)
    optional: bool = False
    """Whether None is a value of its input."""

    @property
    @abstractmethod
    def needs(self) -> BodyNeeds:
        """The forms of the body that it reads."""

    @property
    def has_default(self) -> bool:
        return self.default is not NO_DEFAULT

    def key(self, name: str) -> str:
        return self.alias or name

    @abstractmethod
    def validator(self, method: str, submission: Submission) -> Validator | None:
        """The type that the body of a request has to fit; None if it isn't read."""

    @property
    def is_shown_again(self) -> bool:
        """Whether it makes a form that is shown again."""
        return False

    def form(self, scope: Scope) -> ModelForm[Any]:
        """The form that is shown again, for a request."""
        raise NotImplementedError

    @abstractmethod
    def fitted(self, name: str, annotation: Any, kind: Any, *, has_default: bool) -> FromBody:
        """The same marker for an input of that type; `kind` is the type without None and constraints.

        Raises what pydantic raises for a type that it doesn't know.
        """


def submitted_body(scope: Scope) -> SubmittedBody:
    """The parts of the body that have been read so far."""
    body: SubmittedBody = scope.get(SUBMITTED, _UNREAD)
    return body


_UNREAD: Final = SubmittedBody()
